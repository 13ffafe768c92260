"""Which examples hypothesis draws, without its deadline: no test is timed. No data or cache but a test's own.

The same code is tested with the same examples each time, so that a change never fails for what another one
did. ``CORE_HARNESS_SEARCH=2000 pytest`` draws as many new ones: a change to what properties hold is tried so.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

SEARCH = os.environ.get("CORE_HARNESS_SEARCH", "")

settings.register_profile("whole", deadline=None, max_examples=20, derandomize=True)
settings.register_profile("fast", deadline=None, max_examples=8, derandomize=True)


def pytest_configure(config: pytest.Config) -> None:
    """Draw fewer examples in the fast lane, ``-m "not slow"``, and new ones where those are asked for."""
    if SEARCH:
        settings.register_profile("search", deadline=None, max_examples=int(SEARCH))
        settings.load_profile("search")
        return
    settings.load_profile("fast" if config.option.markexpr == "not slow" else "whole")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for what the tests of a session store."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def no_data(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """Hide the data of this machine from tests that are not about them: its tables know names of genes."""
    if request.node.get_closest_marker("real") is None:
        monkeypatch.setenv("CORE_HARNESS_CACHE", str(cache))
        monkeypatch.setenv("CORE_HARNESS_DATA", str(Path(__file__).parent / "no-data"))
