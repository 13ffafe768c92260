"""How many examples hypothesis draws, without its deadline: no test is timed. No data but a test's own."""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("whole", deadline=None, max_examples=50)  # the whole stays a matter of minutes
settings.register_profile("fast", deadline=None, max_examples=8)


def pytest_configure(config: pytest.Config) -> None:
    """Draw fewer examples in the fast lane, ``pytest -m "not slow"``."""
    settings.load_profile("fast" if config.option.markexpr == "not slow" else "whole")


@pytest.fixture(autouse=True)
def no_data(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the data of this machine from tests that are not about them: its tables know names of genes."""
    if request.node.get_closest_marker("real") is None:
        monkeypatch.setenv("CORE_HARNESS_DATA", str(Path(__file__).parent / "no-data"))
