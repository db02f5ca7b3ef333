"""One WhatsApp login as one process: contract A over HTTP, a headless Chromium behind it.

`api/` serves, `session` owns the state, `engine/` drives the browser, `journal` keeps the events.
Nothing outside `engine/` knows of Playwright or wa-js.
"""

from whatsapp_contracts import __version__

__all__ = ["__version__"]
