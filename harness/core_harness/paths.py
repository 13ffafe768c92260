"""Where data and caches are on this machine. Nothing is created here; the writer creates its folder."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from core_harness.errors import DataError

_APP = "core-harness"


def data_folder() -> Path:
    """Return the folder of the data: ``CORE_HARNESS_DATA``, else the user's data folder of this platform.

    The folder need not exist. Raises :class:`~core_harness.errors.DataError` where the variable names
    something that is not a folder.
    """
    return _named("CORE_HARNESS_DATA") or platformdirs.user_data_path(_APP, appauthor=False)


def cache_folder() -> Path:
    """Return the folder of what can be built again: ``CORE_HARNESS_CACHE``, else the user's cache folder.

    The folder need not exist. Raises :class:`~core_harness.errors.DataError` where the variable names
    something that is not a folder.
    """
    return _named("CORE_HARNESS_CACHE") or platformdirs.user_cache_path(_APP, appauthor=False)


def replies_path() -> Path:
    """Return the file of the model answers that all runs share."""
    return cache_folder() / "replies.sqlite"


def _named(variable: str) -> Path | None:
    value = os.environ.get(variable)
    if not value:
        return None
    path = Path(value).expanduser()
    if path.exists() and not path.is_dir():
        raise DataError(f"{variable} names {value!r}, which is not a folder; name a folder, or unset it")
    return path
