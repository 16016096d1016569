"""The page behind a mail's unsubscribe address (RFC 8058): GET asks and changes nothing, POST has done it."""

from __future__ import annotations

from notifications.mail_html import Html, tag
from notifications.words_of import language_of, words


def page(clinic: str, locale: str, *, done: bool) -> str:
    """A whole document without script, style sheet or picture, in the person's language."""
    language = language_of(locale)
    chrome = words(language)["chrome"]
    title = chrome["no_mail_done" if done else "no_mail_ask"].replace("{clinic}", clinic)
    body = [tag("h1", {}, title)]
    if not done:
        button = tag("button", {"name": "List-Unsubscribe", "value": "One-Click"}, chrome["no_mail"])
        body += [tag("p", {}, chrome["no_mail_text"]), tag("form", {"method": "post"}, button)]
    head = tag(
        "head",
        {},
        Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'),
        Html('<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">'),
        tag("title", {}, title),
    )
    inside = tag("body", {}, tag("main", {}, *body))
    return "<!doctype html>\n" + tag("html", {"lang": language, "dir": chrome["direction"]}, head, inside) + "\n"
