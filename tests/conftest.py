"""No test is timed: hypothesis has a deadline unless it is switched off."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
