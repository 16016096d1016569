"""The ten languages and the files that hold their words: `words/` is what we say, `heard/` what we understand."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

LOCALES = ("en", "es", "fr", "de", "pt", "it", "ar", "zh", "hi", "uk")


def language_of(locale: str) -> str:
    """The language whose words we have for a BCP 47 locale; English when we have none."""
    language = locale.replace("_", "-").split("-")[0].lower()
    return language if language in LOCALES else "en"


@cache
def words(language: str) -> Mapping[str, Mapping[str, str]]:
    """What we say: chrome and texts of one language."""
    return _read("words", language)


@cache
def heard(language: str) -> Mapping[str, Any]:
    """What an answer may say in one language; the fields are explained in heard/en.toml."""
    return _read("heard", language)


def _read(folder: str, language: str) -> dict[str, Any]:
    return tomllib.loads(files("notifications").joinpath(f"{folder}/{language}.toml").read_text("utf-8"))
