"""The rows of a board: methods with their runs, why some were not run, their means and their ranks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from core_harness.leaderboard.admission import Apart
from core_harness.leaderboard.explained import Card
from core_harness.leaderboard.figures import Figures
from core_harness.leaderboard.manifest import Manifest
from core_harness.leaderboard.ranking import Standing, standings
from core_harness.metrics import Resampled
from core_harness.registry.entries import Registry, SuiteEntry
from core_harness.suites.suite import cells


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """A run on the board.

    Attributes
    ----------
    run
        Its folder's name.
    manifest, figures
        What was done, and what came of it.
    page
        Name of its page, safe in a path.
    caution
        What a reader must know of its model: that it may have read about the data.
    standing
        Where it stands among the runs on its dataset; None where the metric is not defined.
    cards
        Evidence cards of its best and its worst predictions, where they can be made.
    """

    run: str
    manifest: Manifest
    figures: Figures
    page: str
    caution: str | None = None
    standing: Standing | None = None
    cards: Sequence[Card] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Mean:
    """A method's mean over all datasets of the suite; ``low`` and ``high`` as those of a metric."""

    value: float
    low: float | None
    high: float | None
    standing: Standing


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """A method: its run on each dataset, or why there is none, and its mean where it ran on all of them."""

    method: str
    model: str | None
    placed: Mapping[str, Placed]
    not_run: Mapping[str, str]
    mean: Mean | None = None

    @property
    def name(self) -> str:
        """The method, with its model where it asks one."""
        return self.method if self.model is None else f"{self.method} · {self.model}"


def rows_of(
    runs: Sequence[Placed], suite: SuiteEntry, registry: Registry, missing: Mapping[str, str]
) -> list[Row]:
    """Return the rows of a board, best mean first; without a mean by name.

    ``missing`` says why datasets of the suite are not there. A method that the suite has and nobody ran has
    a row too.
    """
    return _with_means(_rows(_with_standings(runs, suite, registry), suite, missing), suite, registry)


def newest(placed: Sequence[Placed]) -> tuple[list[Placed], list[Apart]]:
    """Return the newest run of each method on each dataset, and the others as superseded by it."""
    newest: dict[tuple[str, str], Placed] = {}
    superseded = []
    for run in sorted(placed, key=lambda one: (one.manifest.finished, one.run), reverse=True):
        key = (run.manifest.identity, run.manifest.task.dataset)
        if (other := newest.setdefault(key, run)) is not run:
            superseded.append(
                Apart(
                    run=run.run,
                    method=run.manifest.name,
                    dataset=run.manifest.task.dataset,
                    reason=f"the same method ran again: {other.run}",
                )
            )
    return list(newest.values()), superseded


def _with_standings(runs: Sequence[Placed], suite: SuiteEntry, registry: Registry) -> list[Placed]:
    ranked = []
    for dataset in suite.datasets:
        here = [run for run in runs if run.manifest.task.dataset == dataset]
        defined = [run for run in here if not math.isnan(run.figures.ranking.value)]
        ranked += [run for run in here if run not in defined]
        reference = _reference((run.manifest for run in defined), suite, registry)
        found = standings([run.figures.ranking for run in defined], reference)
        ranked += [replace(run, standing=standing) for run, standing in zip(defined, found, strict=True)]
    return ranked


def _reference(manifests: Iterable[Manifest], suite: SuiteEntry, registry: Registry) -> int | None:
    """Return the place of the suite's reference: the strategy as the registry has it."""
    strategy = registry.strategies[suite.reference]
    stages = {stage: getattr(strategy, stage) for stage in ("retriever", "organizer", "aggregator")}
    for at, manifest in enumerate(manifests):
        made_of = {stage: made.name for stage, made in manifest.components.items() if stage != "dataset"}
        if manifest.name == suite.reference and made_of == stages:
            return at
    return None


def _rows(runs: Sequence[Placed], suite: SuiteEntry, missing: Mapping[str, str]) -> list[Row]:
    """Return a row for each method that ran, and for each that the suite has and nobody ran."""
    methods: dict[str, dict[str, Placed]] = {}
    for run in runs:
        methods.setdefault(run.manifest.identity, {})[run.manifest.task.dataset] = run
    rows = []
    for placed in methods.values():
        manifest = next(iter(placed.values())).manifest
        not_run = {dataset: missing.get(dataset, "not among the runs") for dataset in suite.datasets}
        not_run = {dataset: reason for dataset, reason in not_run.items() if dataset not in placed}
        rows.append(Row(method=manifest.method, model=manifest.model, placed=placed, not_run=not_run))
    there = {(row.method, row.model) for row in rows}
    wanted = dict.fromkeys((cell.strategy, cell.model) for cell in cells(suite))
    for method, model in wanted:
        if (method, model) not in there:
            reasons = {dataset: missing.get(dataset, "not among the runs") for dataset in suite.datasets}
            rows.append(Row(method=method, model=model, placed={}, not_run=reasons))
    return rows


def _with_means(rows: Sequence[Row], suite: SuiteEntry, registry: Registry) -> list[Row]:
    """Give a mean and its rank to the methods that ran on every dataset, and sort the rows."""
    means: dict[int, Resampled] = {}
    for at, row in enumerate(rows):
        if row.not_run:
            continue
        mean = Resampled.mean([run.figures.ranking for run in row.placed.values()])
        if not math.isnan(mean.value):
            means[at] = mean
    manifests = (next(iter(rows[at].placed.values())).manifest for at in means)
    reference = _reference(manifests, suite, registry)
    done = list(rows)
    for (at, mean), standing in zip(means.items(), standings(list(means.values()), reference), strict=True):
        low, high = mean.interval(suite.metric) or (None, None)
        done[at] = replace(rows[at], mean=Mean(value=mean.value, low=low, high=high, standing=standing))
    return sorted(done, key=_place_of)


def _place_of(row: Row) -> tuple[float, bool, str]:
    return -or_lowest(None if row.mean is None else row.mean.value), not row.placed, row.name


def or_lowest(value: float | None) -> float:
    """Return a value that sorts what is not defined below everything."""
    return -math.inf if value is None or math.isnan(value) else value
