"""How many examples hypothesis draws, without its deadline: no test is timed."""

import pytest
from hypothesis import settings

settings.register_profile("whole", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=10)


def pytest_configure(config: pytest.Config) -> None:
    """Draw fewer examples in the fast lane, ``pytest -m "not slow"``."""
    settings.load_profile("fast" if config.option.markexpr == "not slow" else "whole")
