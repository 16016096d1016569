"""The HTML form of a mail: one quiet column, no pictures, nothing fetched, readable by any screen reader.

`tag` escapes every string it is given; only what `tag` itself made passes untouched. Colours are the tokens of the
look; the text colours reach 7:1 on their paper in both schemes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape

_HEADING, _LINK = "heading", "address"  # beside the names of facts
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_STYLE = """
body{margin:0;background:#FAF7F2;color:#17252D}
.page{max-width:34rem;margin:0 auto;padding:32px 24px;font:400 18px/1.5 system-ui,sans-serif}
h1{font-size:28px;line-height:1.25;font-weight:650;margin:0 0 20px}
p{margin:0 0 16px}
.go{margin:28px 0}
.go a{display:inline-block;background:#0B5D5B;color:#FFFFFF;text-decoration:none;
font-weight:650;padding:16px 28px;border-radius:10px}
.plain{font-size:16px;color:#41515B;overflow-wrap:anywhere}
.plain a{color:#0B5D5B}
.foot{border-top:1px solid #DDD6CB;margin-top:28px;padding-top:20px;font-size:16px;color:#41515B}
@media (prefers-color-scheme:dark){
body{background:#0F171B;color:#EAF0F2}
.go a{background:#63CFC7;color:#0B1A1D}
.plain,.foot{color:#B9C6CC}
.plain a{color:#63CFC7}
.foot{border-color:#31424B}
}
"""


class Html(str):
    """Markup that `tag` made, and so need not be escaped again."""

    __slots__ = ()


def tag(name: str, attributes: Mapping[str, str], *children: str) -> Html:
    """One element. Attribute values and plain strings are escaped; `Html` children are kept."""
    shown = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    inside = "".join(child if isinstance(child, Html) else escape(child) for child in children)
    return Html(f"<{name}{shown}>{inside}</{name}>")


def _sentence(template: str) -> Html:
    """A template with each value in its own <bdi>, so that a name or number keeps its direction among other words."""
    out: list[str] = []
    end = 0
    for match in _PLACEHOLDER.finditer(template):
        out.append(escape(template[end : match.start()]))
        attributes = {"dir": "ltr"} if match[1] == "phone" else {}
        out.append(tag("bdi", attributes, Html(f"\0{match[1]}\0")))
        end = match.end()
    return Html("".join([*out, escape(template[end:])]))


def mail_html(
    *,
    language: str,
    direction: str,
    heading: str,
    paragraphs: Sequence[str],
    button: str,
    link: str,
    footer: Sequence[str],
    values: Mapping[str, str],
) -> str:
    """A whole document. `paragraphs` and `footer` are templates; `values` fill them. The link stands twice: as the
    button, and in full for those who copy it."""
    parts = _document(language, direction, tuple(paragraphs), button, tuple(footer))
    said = {name: escape(value) for name, value in {**values, _HEADING: heading, _LINK: link}.items()}
    return "".join(said[part] if number % 2 else part for number, part in enumerate(parts))


@lru_cache(maxsize=256)
def _document(
    language: str, direction: str, paragraphs: tuple[str, ...], button: str, footer: tuple[str, ...]
) -> tuple[str, ...]:
    """The document of one text in one language, cut where a value goes: every second part is a value's name. A value
    holds no control character, so the marks around the names are never part of one."""
    link, heading = Html(f"\0{_LINK}\0"), Html(f"\0{_HEADING}\0")
    body = [
        tag("h1", {}, heading),
        *(tag("p", {}, _sentence(part)) for part in paragraphs),
        tag("p", {"class": "go"}, tag("a", {"href": link}, button)),
        tag("p", {"class": "plain"}, tag("a", {"href": link, "dir": "ltr"}, link)),
        tag("div", {"class": "foot"}, *(tag("p", {}, _sentence(part)) for part in footer)),
    ]
    head = tag(
        "head",
        {},
        Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width">'),
        Html('<meta name="color-scheme" content="light dark">'),
        tag("title", {}, heading),
        tag("style", {}, Html(_STYLE)),
    )
    # dir stands on an inner element too: many mail readers throw <html> and <body> away.
    page = tag("div", {"class": "page", "lang": language, "dir": direction}, *body)
    whole = "<!doctype html>\n" + tag("html", {"lang": language, "dir": direction}, head, tag("body", {}, page)) + "\n"
    return tuple(whole.split("\0"))
