from __future__ import annotations

import re

from whatsapp_session.api.params import MEDIA
from whatsapp_session.media.ids import media_id


def test_a_message_has_one_media_id_for_ever() -> None:
    assert media_id("false_1@c.us_3EB0") == "med_2b187c4847fe346d2a4276106218e0ff"


def test_another_message_has_another_one() -> None:
    assert media_id("false_1@c.us_3EB0") != media_id("true_1@c.us_3EB0")


def test_an_id_is_what_the_route_takes() -> None:
    assert re.fullmatch(MEDIA, media_id("x"))
