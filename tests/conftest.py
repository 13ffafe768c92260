"""How many examples hypothesis draws, without its deadline: no test is timed."""

import pytest
from hypothesis import settings

settings.register_profile("whole", deadline=None, max_examples=50)  # the whole stays a matter of minutes
settings.register_profile("fast", deadline=None, max_examples=8)


def pytest_configure(config: pytest.Config) -> None:
    """Draw fewer examples in the fast lane, ``pytest -m "not slow"``."""
    settings.load_profile("fast" if config.option.markexpr == "not slow" else "whole")
