"""Every setting says what it means, and every CAREROOM_ name in a document is a setting."""

from __future__ import annotations

import re

from server.settings import Settings
from tests.docs.test_links import PAGES

NOT_OURS = {"SITE"}  # compose.yaml's own


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if len(field.description or "") < 15] == []


def test_the_documents_name_only_settings_that_exist() -> None:
    pages = [page.read_text() for page in PAGES if "tests" not in page.parts]
    named = {name for text in pages for name in re.findall(r"\bCAREROOM_([A-Z][A-Z_]*[A-Z])\b", text)}
    assert named - NOT_OURS <= {field.upper() for field in Settings.model_fields}
    assert named
