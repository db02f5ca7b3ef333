"""How a session reaches WhatsApp: the protocol, and the engine that drives WhatsApp Web in a browser.

Nothing outside this package knows of Playwright, Chromium or wa-js.
"""
