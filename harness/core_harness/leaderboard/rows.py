"""The rows of a board: methods with their runs, why some were not run, their means and their ranks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from core_harness.leaderboard.admission import Unranked
from core_harness.leaderboard.explained import Card
from core_harness.leaderboard.figures import Figures
from core_harness.leaderboard.ranking import Rank, rank_runs
from core_harness.metrics import Resampled
from core_harness.registry.entries import SuiteEntry
from core_harness.runs.manifest import Manifest
from core_harness.suites.suite import SuiteMethod


@dataclass(frozen=True, kw_only=True, eq=False)
class RankedRun:
    """A run in the table of its dataset.

    Attributes
    ----------
    run
        Its folder's name.
    manifest, figures
        What was done, in text that is harmless to show, and what came of it.
    identity
        What runs of one method share (:attr:`core_harness.runs.manifest.Manifest.identity`).
    page
        Name of its page, safe in a path.
    caution
        Where its model may have read about the data: a sentence that says so.
    rank
        Among the runs on its dataset; None where the metric is not defined.
    cards
        Evidence cards of its best and its worst predictions, where they can be made.
    """

    run: str
    manifest: Manifest
    identity: str
    figures: Figures
    page: str
    caution: str | None = None
    rank: Rank | None = None
    cards: Sequence[Card] = ()

    @property
    def method(self) -> str:
        """The method, without its model."""
        return self.manifest.method.label

    @property
    def model(self) -> str | None:
        """The model that it asks."""
        return self.manifest.method.model

    @property
    def coverage(self) -> float:
        """Share of the asked pairs that have a score."""
        return self.figures.coverage


@dataclass(frozen=True, kw_only=True, eq=False)
class Mean:
    """A method's mean over all datasets of the suite; ``low`` and ``high`` as those of a metric."""

    value: float
    low: float | None
    high: float | None
    rank: Rank


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """A method: its run on each dataset, or why there is none, and its mean where it ran on all of them."""

    method: str
    model: str | None
    runs: Mapping[str, RankedRun]
    not_run: Mapping[str, str]
    mean: Mean | None = None

    @property
    def name(self) -> str:
        """The method, with its model where it asks one."""
        return self.method if self.model is None else f"{self.method} · {self.model}"

    @property
    def rank(self) -> Rank | None:
        """Of its mean."""
        return None if self.mean is None else self.mean.rank

    @property
    def coverage(self) -> float | None:
        """The least share of the asked pairs that has a score on any dataset; None where it was not run."""
        return min((run.coverage for run in self.runs.values()), default=None)


def rows_of(
    runs: Sequence[RankedRun],
    suite: SuiteEntry,
    methods: Sequence[SuiteMethod],
    missing: Mapping[str, str],
) -> list[Row]:
    """Return the rows of a board, best mean first; without a mean by name.

    ``methods`` are those of the suite; one that was not run has a row too. ``missing`` says why datasets of
    the suite are not there.
    """
    reference = next((one.identities for one in methods if one.is_reference), frozenset())
    ranked = _with_ranks(runs, suite, reference)
    return _with_means(_rows(ranked, suite, methods, missing), suite, reference)


def newest(runs: Sequence[RankedRun]) -> tuple[list[RankedRun], list[Unranked]]:
    """Return the newest run of each method on each dataset, and the others as superseded by it."""
    newest: dict[tuple[str, str], RankedRun] = {}
    superseded = []
    for run in sorted(runs, key=lambda one: (one.manifest.finished, one.run), reverse=True):
        key = (run.identity, run.manifest.task.dataset)
        if (other := newest.setdefault(key, run)) is not run:
            superseded.append(
                Unranked(
                    run=run.run,
                    method=run.manifest.method.name,
                    dataset=run.manifest.task.dataset,
                    reason=f"the same method ran again: {other.run}",
                )
            )
    return list(newest.values()), superseded


def _with_ranks(runs: Sequence[RankedRun], suite: SuiteEntry, reference: frozenset[str]) -> list[RankedRun]:
    ranked = []
    for dataset in suite.datasets:
        here = [run for run in runs if run.manifest.task.dataset == dataset]
        defined = [run for run in here if not math.isnan(run.figures.ranking.value)]
        ranked += [run for run in here if run not in defined]
        at = _first((run.identity for run in defined), reference)
        ranks = rank_runs([run.figures.ranking for run in defined], at)
        ranked += [replace(run, rank=rank) for run, rank in zip(defined, ranks, strict=True)]
    return ranked


def _first(identities: Iterable[str], wanted: frozenset[str]) -> int | None:
    """Return the index of the first identity that is wanted."""
    return next((at for at, identity in enumerate(identities) if identity in wanted), None)


def _rows(
    runs: Sequence[RankedRun],
    suite: SuiteEntry,
    methods: Sequence[SuiteMethod],
    missing: Mapping[str, str],
) -> list[Row]:
    """Return a row for each method that was run, and for each method of the suite that was not."""
    ran: dict[str, dict[str, RankedRun]] = {}
    for run in runs:
        ran.setdefault(run.identity, {})[run.manifest.task.dataset] = run
    reasons = {dataset: missing.get(dataset, "not among the runs") for dataset in suite.datasets}
    rows = []
    for by_dataset in ran.values():
        method = next(iter(by_dataset.values())).manifest.method
        not_run = {dataset: reason for dataset, reason in reasons.items() if dataset not in by_dataset}
        rows.append(Row(method=method.label, model=method.model, runs=by_dataset, not_run=not_run))
    rows += [
        Row(method=method.strategy, model=method.model, runs={}, not_run=reasons)
        for method in methods
        if method.identities.isdisjoint(ran)
    ]
    return rows


def _with_means(rows: Sequence[Row], suite: SuiteEntry, reference: frozenset[str]) -> list[Row]:
    """Give a mean and its rank to the methods that ran on every dataset, and sort the rows."""
    means: dict[int, Resampled] = {}
    for at, row in enumerate(rows):
        if row.not_run:
            continue
        mean = Resampled.mean([run.figures.ranking for run in row.runs.values()])
        if not math.isnan(mean.value):
            means[at] = mean
    identities = (next(iter(rows[at].runs.values())).identity for at in means)
    ranks = rank_runs(list(means.values()), _first(identities, reference))
    done = list(rows)
    for (at, mean), rank in zip(means.items(), ranks, strict=True):
        low, high = mean.interval(suite.metric) or (None, None)
        done[at] = replace(rows[at], mean=Mean(value=mean.value, low=low, high=high, rank=rank))
    return sorted(done, key=_sort_key)


def _sort_key(row: Row) -> tuple[float, bool, str]:
    return -or_lowest(None if row.mean is None else row.mean.value), not row.runs, row.name


def or_lowest(value: float | None) -> float:
    """Return a value that sorts what is not defined below everything."""
    return -math.inf if value is None or math.isnan(value) else value
