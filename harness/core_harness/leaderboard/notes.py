"""What a reader should know of a ranked run before its figure is believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from core_harness.leaderboard.admission import scripted_model
from core_harness.leaderboard.rows import RankedRun
from core_harness.metrics import Resampled
from core_harness.metrics.paired import ALPHA, difference

PERFECT = 0.99
"""Of an AUROC: screens that are done twice do not agree so well, and labels with a little noise do."""

_NAMED = 3
"""Other runs, or submitters, that a note names."""


def with_notes(runs: Sequence[RankedRun], listings: Mapping[str, Resampled], metric: str) -> list[RankedRun]:
    """Return runs with their notes; ``listings`` is what the list of pairs reaches alone, by dataset."""
    by_dataset: dict[str, list[RankedRun]] = {}
    for run in runs:
        by_dataset.setdefault(run.manifest.task.dataset, []).append(run)
    return [
        replace(run, notes=tuple(_notes(run, others, listings[dataset], metric)))
        for dataset, others in by_dataset.items()
        for run in others
    ]


def _notes(run: RankedRun, others: Sequence[RankedRun], listing: Resampled, metric: str) -> Iterator[str]:
    yield from (f"uses {what}" for what in run.manifest.method.beyond_contrast)
    ranking = run.figures.ranking
    if ranking.value >= PERFECT:
        yield "almost perfect, as are labels with noise: ask how the predictions were made"
    elif _is_reached_by(listing, ranking, metric):
        yield f"not better than what the list of pairs reaches alone ({listing.value:.3f})"
    asking = run.manifest.asking
    if (name := scripted_model(run.manifest.method)) and not (asking and asking.simulated):
        yield f"its answers are simulated, which its record denies: {name} is a scripted model"
    if run.others:
        handed_in = [f"{submitter or 'an unnamed submitter'} ({name})" for submitter, name in run.others]
        yield f"handed in by others too: {_listed(handed_in)}"
    yield from _about_others(run, [other for other in others if other is not run])


def _is_reached_by(listing: Resampled, ranking: Resampled, metric: str) -> bool:
    """Return whether a run is better than chance, but not significantly better than listing alone."""
    interval = ranking.interval(metric)
    if interval is None or interval[0] <= 0.5:
        return False
    p = difference(listing, ranking).p
    return ranking.value <= listing.value or p is None or p >= ALPHA


def _about_others(run: RankedRun, others: Sequence[RankedRun]) -> Iterator[str]:
    """Yield what other runs on the same dataset say about a run."""
    equal = [other for other in others if other.figures.scores_sha256 == run.figures.scores_sha256]
    if equal:
        yield f"the same predictions as {_names(equal)}"
    same = [other for other in others if other.identity == run.identity and other not in equal]
    again = [other for other in same if other.manifest.task.seed == run.manifest.task.seed]
    if again:
        yield f"differs from another submission of this method: {_names(again)}"
    seeds = sorted({other.manifest.task.seed for other in same} - {run.manifest.task.seed})
    if seeds:
        yield f"one of {len(seeds) + 1} seeds of this method"


def _names(runs: Sequence[RankedRun]) -> str:
    return _listed([run.run for run in runs])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(sorted(names)[:_NAMED]) + more
