"""A suite on the small simulated world of :mod:`small_runs`, and boards of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from small_runs import SMALL

from core_harness.evaluation.session import Session
from core_harness.leaderboard import Board, build
from core_harness.leaderboard.rows import RankedRun
from core_harness.registry.entries import DatasetEntry, Registry, SuiteEntry
from core_harness.registry.loading import shipped_registry

SUITE = "small"


def small_registry(**changes: object) -> Registry:
    """Return the shipped registry with the small world in place of ``simulated``, and the suite."""
    suite = SuiteEntry(
        summary="two methods in a small world",
        datasets=("simulated",),
        task="de",
        strategies=("gene-frequency", "voting"),
        coverage=0.9,
        reference="gene-frequency",
    )
    world = DatasetEntry(summary="a small world", component="simulated", parameters={**SMALL["dataset"]})
    return shipped_registry().model_copy(
        update={"datasets": {"simulated": world}, "suites": {SUITE: suite.model_copy(update=changes)}}
    )


def two_worlds_registry() -> Registry:
    """Return a registry with the suite on two worlds, which have their perturbations in common."""
    registry = small_registry(datasets=("simulated", "second"))
    first = registry.datasets["simulated"]
    second = first.model_copy(update={"parameters": {**first.parameters, "seed": 1}})
    return registry.model_copy(update={"datasets": {"simulated": first, "second": second}})


def run_on(board: Board, name: str, dataset: str = "simulated") -> RankedRun:
    """Return the run on a board whose folder has this name."""
    (found,) = (run for run in board.ranked(dataset) if run.run == name)
    return found


def board_of(paths: Sequence[Path], *, resamples: int = 200, **changes: object) -> Board:
    """Build the board of runs; ``changes`` are of the suite."""
    return build(paths, SUITE, Session(small_registry(**changes)), resamples=resamples)
