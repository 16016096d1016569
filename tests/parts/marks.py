"""Marks that several tests share."""

from __future__ import annotations

import pytest

sqlite_only = pytest.mark.parametrize("place", ["sqlite"], indirect=True)
"""For a test that has nothing to do with which database it is."""
