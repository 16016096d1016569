"""Words in a free text that cannot wait for somebody to look: the patient is told whom to call, staff are alerted.

A false alarm costs a look, a missed one perhaps a life: so the words of every language are looked for in every text,
negations are not weighed, and accents do not matter. This is no diagnosis and no promise: every text we send to say
"somebody will read this" also names the emergency number.
"""

from __future__ import annotations

import re
from functools import cache

from notifications.spoken import clean, known, plain
from notifications.words_of import LOCALES, heard


def urgent(text: str) -> bool:
    """Whether a text holds urgent words in any of our languages."""
    said, folded = clean(text), plain(text)
    return any(exact.search(said) or bare.search(folded) for exact, bare in _patterns())


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    every = (heard(language)["urgent"] for language in LOCALES)
    return tuple((known(phrases), known(phrases, folded=True)) for phrases in every)
