"""The version, in one place: the installed package's, or a checkout's."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("careroom")
except PackageNotFoundError:  # running from a checkout that was not installed
    VERSION = "0.1.0+checkout"
