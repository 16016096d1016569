"""What a link was opened on, in the few words that help somebody on the telephone. Nothing finer is kept.

A browser says what it likes about itself: this decides nothing, it only tells the desk which steps to read out.
"""

from __future__ import annotations

import re

# The first that fits: an iPad says Macintosh unless asked for its phone page, Android says Linux.
_HANDSETS = (
    ("iphone", r"iPhone|iPod"), ("ipad", r"iPad"), ("android", r"Android"), ("windows", r"Windows"),
    ("chromebook", r"CrOS"), ("mac", r"Macintosh|Mac OS X"), ("linux", r"Linux|X11"),
)  # fmt: skip
# Browsers inside other apps, where camera and microphone often are not allowed.
_APPS = (
    ("facebook", r"FBAN|FBAV|FB_IAB"), ("instagram", r"Instagram"), ("whatsapp", r"WhatsApp"), ("line", r"\bLine/"),
    ("google", r"\bGSA/"), ("linkedin", r"LinkedInApp"), ("wechat", r"MicroMessenger"), ("mail", r"\bGmail|Outlook"),
    ("android-app", r"; wv\)"),
)  # fmt: skip


def handset_of(user_agent: str) -> str:
    """iphone, ipad, android, windows, chromebook, mac, linux; empty when it is none of them."""
    return _first(_HANDSETS, user_agent)


def app_of(user_agent: str) -> str:
    """The app whose built-in browser this is; empty for a browser of its own."""
    return _first(_APPS, user_agent)


def _first(kinds: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for name, pattern in kinds if re.search(pattern, user_agent)), "")
