from __future__ import annotations

from whatsapp_session import wa_js


def test_the_lock_pins_wa_js_by_npms_own_hash() -> None:
    lock = wa_js.read_lock()
    assert (lock.name, lock.version) == ("@wppconnect/wa-js", "4.6.0")
    assert lock.integrity.startswith("sha512-epf+ucZO9c25")
