"""The rows of a board: methods with their runs, why some were not run, their means and their ranks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product, zip_longest
from pathlib import Path
from typing import Literal

from core_harness.leaderboard.admission import Unranked
from core_harness.leaderboard.explained import Card
from core_harness.leaderboard.figures import Figures
from core_harness.leaderboard.ranking import Rank, rank_runs
from core_harness.metrics import Resampled
from core_harness.registry.entries import SuiteEntry
from core_harness.runs.manifest import Manifest
from core_harness.suites.suite import SuiteMethod

MOST_CHOICES = 16
"""Ways to choose one run on each dataset that have a mean each: two submissions on four datasets."""


Kind = Literal["asks a model", "uses evidence", "no evidence", "made elsewhere"]


def kind_of(manifest: Manifest) -> Kind:
    """Return the kind of a method, by its components."""
    components = manifest.method.components
    if not components:
        return "made elsewhere"
    if "llm" in components:
        return "asks a model"
    retriever = components.get("retriever")
    return "no evidence" if retriever is None or retriever.name == "none" else "uses evidence"


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
    folder
        Where it lies.
    page
        Name of its page, safe in a path.
    is_reference
        Whether it has the predictions of the suite's reference, as the board makes them itself.
    others
        Other submitters who handed in the same run, with their run; one who is not named is None.
    notes
        What a reader should know before the figure is believed (:mod:`~core_harness.leaderboard.notes`).
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
    folder: Path
    page: str
    is_reference: bool = False
    others: tuple[tuple[str | None, str], ...] = ()
    notes: tuple[str, ...] = ()
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
    def kind(self) -> Kind:
        """Kind of its method."""
        return kind_of(self.manifest)

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
    """A method under one seed: a run on each dataset, or why there is none, and their mean if there are all.

    Attributes
    ----------
    method, model, seed
        Of the runs; the seed is None where there is none.
    runs, not_run
        By dataset.
    choices
        Ways to choose one run on each dataset. Where a method was handed in several times with other
        predictions, each choice is a row, as nothing tells which of the runs belong together.
    mean
        Over all datasets.
    """

    method: str
    model: str | None
    seed: int | None
    runs: Mapping[str, RankedRun]
    not_run: Mapping[str, str]
    choices: int = 1
    mean: Mean | None = None

    @property
    def name(self) -> str:
        """The method, with its model where it asks one."""
        return self.method if self.model is None else f"{self.method} · {self.model}"

    @property
    def kind(self) -> Kind | None:
        """Kind of the method; None where it was not run."""
        return next((run.kind for run in self.runs.values()), None)

    @property
    def rank(self) -> Rank | None:
        """Of its mean."""
        return None if self.mean is None else self.mean.rank

    @property
    def coverage(self) -> float | None:
        """The least share of the asked pairs that has a score on any dataset; None where it was not run."""
        return min((run.coverage for run in self.runs.values()), default=None)

    @property
    def is_reference(self) -> bool:
        """Whether all its runs have the reference's predictions."""
        return bool(self.runs) and all(run.is_reference for run in self.runs.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of its runs, by dataset, and why it has no mean although it ran on all of them."""
        found = [f"{dataset}: {note}" for dataset, run in self.runs.items() for note in run.notes]
        if self.choices > MOST_CHOICES:
            found.append(f"no mean: {self.choices:,} ways to choose one run on each dataset")
        return tuple(found)


def rows_of(
    ranked: Sequence[RankedRun],
    suite: SuiteEntry,
    methods: Sequence[SuiteMethod],
    missing: Mapping[str, str],
) -> list[Row]:
    """Return the rows of a board, best mean first; without a mean by name.

    ``methods`` are those of the suite; one that was not run has a row too. ``missing`` says why datasets of
    the suite are not there.
    """
    return _with_means(_rows(ranked, suite, methods, missing), suite)


def without_copies(runs: Sequence[RankedRun]) -> tuple[list[RankedRun], list[Unranked]]:
    """Return one run for each set of equal predictions of a method under one seed, and the others as copies.

    Runs of one method with other predictions all stay: which of them is true, nothing in them can tell. Nor
    does anything tell who made a run first, as a copy may bear any date: the one that stays has the other
    submitters with it.
    """
    first: dict[tuple[str, str, str, int, str], RankedRun] = {}
    others: dict[str, dict[str | None, str]] = {}
    copies = []
    for run in sorted(runs, key=lambda one: (one.manifest.finished, one.run)):
        task = run.manifest.task
        name = run.manifest.method.name  # a copy under another name is no copy that readers would know
        key = (task.dataset, run.identity, name, task.seed, run.figures.scores_sha256)
        if (other := first.setdefault(key, run)) is not run:
            reason = f"the same method, seed and predictions as {other.run}"
            copies.append(Unranked(run=run.run, method=name, dataset=task.dataset, reason=reason))
            if run.manifest.submitter != other.manifest.submitter:
                others.setdefault(other.page, {}).setdefault(run.manifest.submitter, run.run)
    kept = [replace(run, others=tuple(others.get(run.page, {}).items())) for run in first.values()]
    return kept, copies


def with_ranks(runs: Sequence[RankedRun], suite: SuiteEntry) -> list[RankedRun]:
    """Return the runs with their ranks, dataset by dataset."""
    ranked = []
    for dataset in suite.datasets:
        here = [run for run in runs if run.manifest.task.dataset == dataset]
        defined = [run for run in here if not math.isnan(run.figures.ranking.value)]
        ranked += [run for run in here if run not in defined]
        ranks = rank_runs([run.figures.ranking for run in defined], _reference(defined))
        ranked += [replace(run, rank=rank) for run, rank in zip(defined, ranks, strict=True)]
    return ranked


def _reference(entries: Sequence[RankedRun | Row]) -> int | None:
    return next((at for at, entry in enumerate(entries) if entry.is_reference), None)


def _rows(
    runs: Sequence[RankedRun],
    suite: SuiteEntry,
    methods: Sequence[SuiteMethod],
    missing: Mapping[str, str],
) -> list[Row]:
    """Return the rows of each method that was run, and one for each method of the suite that was not."""
    ran: dict[tuple[str, str, int], dict[str, list[RankedRun]]] = {}
    for run in runs:
        key = (run.identity, run.manifest.method.name, run.manifest.task.seed)
        ran.setdefault(key, {}).setdefault(run.manifest.task.dataset, []).append(run)
    reasons = {dataset: missing.get(dataset, "not among the runs") for dataset in suite.datasets}
    rows = []
    for by_dataset in ran.values():
        whole = len(reasons) > 1 and by_dataset.keys() == reasons.keys()
        choices = math.prod(map(len, by_dataset.values())) if whole else 1
        for chosen in _choices(by_dataset, choices):
            first = next(iter(chosen.values())).manifest
            rows.append(
                Row(
                    method=first.method.label,
                    model=first.method.model,
                    seed=first.task.seed,
                    runs=chosen,
                    not_run={name: reason for name, reason in reasons.items() if name not in chosen},
                    choices=choices,
                )
            )
    known = {identity for identity, _, _ in ran}
    rows += [
        Row(method=method.strategy, model=method.model, seed=None, runs={}, not_run=reasons)
        for method in methods
        if method.identities.isdisjoint(known)
    ]
    return rows


def _choices(by_dataset: Mapping[str, Sequence[RankedRun]], choices: int) -> Iterator[dict[str, RankedRun]]:
    """Yield runs by dataset: each choice of one a dataset where there are a few, otherwise each run once."""
    few = 1 < choices <= MOST_CHOICES
    for chosen in product(*by_dataset.values()) if few else zip_longest(*by_dataset.values()):
        yield {name: run for name, run in zip(by_dataset, chosen, strict=True) if run is not None}


def _with_means(rows: Sequence[Row], suite: SuiteEntry) -> list[Row]:
    """Give a mean and its rank to the rows of runs on every dataset, and sort the rows."""
    means: dict[int, Resampled] = {}
    for at, row in enumerate(rows):
        if row.not_run or row.choices > MOST_CHOICES:
            continue
        mean = Resampled.mean([run.figures.ranking for run in row.runs.values()])
        if not math.isnan(mean.value):
            means[at] = mean
    ranks = rank_runs(list(means.values()), _reference([rows[at] for at in means]))
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
