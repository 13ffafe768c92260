"""The parameters of a strategy, chosen on support by cross-validation."""

from core_harness.analysis.tuning.grid import parse_tries
from core_harness.analysis.tuning.result import Tried, TuneSpec, Tuning
from core_harness.analysis.tuning.tune import tune

__all__ = ["Tried", "TuneSpec", "Tuning", "parse_tries", "tune"]
