"""Boards of tests cache their figures in a folder of the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CORE_HARNESS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
