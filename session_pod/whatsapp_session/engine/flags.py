"""How Chromium is started: every switch with its reason. Pure, so that a change of one shows in a test.

Why not Playwright's own list: it is made for tests. What is here is what a session needs for months on a
volume, with the network quiet but for WhatsApp.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from whatsapp_session.settings import is_loopback

QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-domain-reliability",
    "--disable-field-trial-config",
    "--disable-breakpad",  # crash dumps may hold messages
    "--disable-crash-reporter",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--no-service-autorun",
)
STEADY = (
    "--headless",  # chromium-headless-shell is always; a full Chromium would want a display
    # The page is never seen; without these Chromium would slow down its timers and its renderer.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-back-forward-cache",
    "--disable-hang-monitor",
    "--disable-ipc-flooding-protection",
    "--disable-popup-blocking",
    "--disable-prompt-on-repost",
    "--disable-quic",  # proxies and NetworkPolicies know TCP 443
    "--password-store=basic",
    "--use-mock-keychain",
    "--mute-audio",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)
SMALL = (
    # Measured in the field notes: 15, 11-17 and 2-4 MiB.
    "--disable-gpu",
    "--disable-software-rasterizer",
    "--in-process-gpu",
    "--disk-cache-size=52428800",  # the volume is for the login, not for a cache that grows
)
DISABLED_FEATURES = (
    "AcceptCHFrame",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "Translate",
)
ENABLED_FEATURES = ("NetworkServiceInProcess2",)


def switches(
    *, profile: str, url: str, user_agent: str, sandbox: bool, shared_memory: bool, proxy: str | None = None
) -> list[str]:
    """The whole command line after the program's name.

    `sandbox`: Chromium's own needs user namespaces, which RuntimeDefault seccomp refuses. `shared_memory`:
    whether /dev/shm is large enough; without it Chromium uses /tmp. `proxy`: without its user and password,
    which a command line would show to everybody on the machine (`page` answers when the proxy asks).
    """
    chosen = [
        *QUIET,
        *STEADY,
        *SMALL,
        "--disable-features=" + ",".join(DISABLED_FEATURES),
        "--enable-features=" + ",".join(ENABLED_FEATURES),
        f"--user-agent={user_agent}",
    ]
    if not sandbox:
        chosen.append("--no-sandbox")
    if not shared_memory:
        chosen.append("--disable-dev-shm-usage")
    if proxy:
        # Everything goes through it, loopback too, which Chromium would leave out.
        chosen += [f"--proxy-server={proxy}", "--proxy-bypass-list=<-loopback>"]
    if origin := insecure_origin(url):
        chosen.append(f"--unsafely-treat-insecure-origin-as-secure={origin}")
    return [*chosen, f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]


def insecure_origin(url: str) -> str | None:
    """The origin that must count as secure although it is plain http: a simulator in a cluster.

    WhatsApp's page needs `crypto.subtle`, which pages have on https and on loopback only.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or is_loopback(parts.hostname or ""):
        return None
    return f"http://{parts.netloc}"


def user_agent(version: str) -> str:
    """What Chrome of `version` (`156.0.8078.79`) says; the real page refuses `HeadlessChrome`.

    Chrome itself gives the major number alone since it reduced its user agent.
    """
    major = version.split(".", 1)[0]
    return (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{major}.0.0.0 Safari/537.36"
    )


def user_agent_override(version: str) -> dict[str, Any]:
    """The same browser in the client hints: arguments of the DevTools call `Emulation.setUserAgentOverride`.

    Without it `sec-ch-ua` says `HeadlessChrome` beside a user agent that does not.
    """
    major = version.split(".", 1)[0]
    brands = (("Chromium", major), ("Google Chrome", major), ("Not=A?Brand", "24"))
    return {
        "userAgent": user_agent(version),
        "userAgentMetadata": {
            "brands": [{"brand": brand, "version": number} for brand, number in brands],
            "fullVersion": version,
            "platform": "Linux",
            "platformVersion": "",
            "architecture": "x86",
            "model": "",
            "mobile": False,
        },
    }
