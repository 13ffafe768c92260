"""``compare()``: runs on the same pairs, each against each.

All runs are resampled with the same draws, differences are tested with Holm's correction for all of
them together, and it is said where they come from and how small a difference these pairs can show.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import polars as pl

from core_harness.analysis.comparison_sections import sections
from core_harness.analysis.rescore import Scored, rescore
from core_harness.analysis.same_pairs import (
    answered_by_all,
    as_answered,
    refuse_other_questions,
    what_was_asked,
)
from core_harness.errors import UsageError
from core_harness.evaluation.result import AnyRun, load_run
from core_harness.evaluation.session import Session
from core_harness.metrics import Metric, Resampled, draw_clusters, measures
from core_harness.metrics.by_segment import changed_placements, genes_by_auroc
from core_harness.metrics.catalog import metric_named
from core_harness.metrics.paired import ALPHA, Difference, advantage, difference, holm, merit
from core_harness.metrics.ranks import ranks
from core_harness.metrics.segments import GENE, PERTURBATION
from core_harness.schemas import Task
from core_harness.sections import InSections, Section

JSON_VERSION = 1
"""Version of what ``compare --json`` prints."""

RANKING = "macro_gene_auroc"
"""The metric that runs are compared by where no other is named."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One of the runs.

    Attributes
    ----------
    run, method, control
        Name of the folder, name of the method, and what was broken on purpose.
    value, low, high
        The metric with its 95 % interval; None where it is not defined. It rests on the pairs that all
        runs answered, unless it is about answering.
    answered
        Pairs to which this run gave a score.
    rank
        1 + the number of the runs that are significantly better than this one or one above it
        (:mod:`~core_harness.metrics.ranks`); None where the metric is not defined, or only describes.
    genes_by_auroc
        Number of genes in each of 20 equal bins of AUROC from 0 to 1.
    """

    run: str
    method: str
    control: str | None
    value: float | None
    low: float | None
    high: float | None
    answered: int
    rank: int | None
    genes_by_auroc: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """Two of the runs, by their place in the comparison, counted from 0.

    Attributes
    ----------
    first, second
        The places.
    difference
        Second minus first.
    p_holm
        ``difference.p``, adjusted for all contrasts of the comparison.
    """

    first: int
    second: int
    difference: Difference
    p_holm: float | None

    @property
    def significant(self) -> bool:
        """Whether the runs can be told apart at a level of 5 %, over all contrasts of the comparison."""
        return self.p_holm is not None and self.p_holm < ALPHA

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types, fit for JSON."""
        return {
            "first": self.first,
            "second": self.second,
            **asdict(self.difference),
            "p_holm": self.p_holm,
            "significant": self.significant,
        }


@dataclass(frozen=True, kw_only=True)
class Comparison(InSections):
    """What :func:`compare` found.

    Attributes
    ----------
    task, part
        What all the runs were asked.
    metric
        The metric that they are compared by.
    runs
        In the order in which they were named.
    contrasts
        Each against each.
    pairs, common
        Pairs that were asked, and the smallest number of them that any run's figure rests on: those that
        all runs answered, unless the metric is about answering.
    genes, clusters
        Genes that the metric rests on, and perturbations that the resamples draw from.
    resamples, seed
        Of the bootstrap.
    genes_changed, perturbations_changed
        Those that changed from the first run to the last, largest change first: ``context``, ``gene`` or
        ``perturbation``, ``first``, ``second``, ``change``, ``pairs``. For a gene they are its AUROC in
        either run; for a perturbation the mean placement of its pairs within their genes
        (:func:`~core_harness.metrics.by_segment.placements`), sorted by its sum over the pairs.
    """

    task: Task
    part: Mapping[str, Any]
    metric: str
    runs: tuple[Compared, ...]
    contrasts: tuple[Contrast, ...]
    pairs: int
    common: int
    genes: int
    clusters: int
    resamples: int
    seed: int
    genes_changed: pl.DataFrame
    perturbations_changed: pl.DataFrame

    def sections(self) -> Iterator[Section]:
        """Return what ``core-harness compare`` prints."""
        return sections(self)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints; its keys are stable. Of the changes it has the largest ten."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        plain["runs"] = [asdict(run) for run in self.runs]
        plain["contrasts"] = [contrast.as_dict() for contrast in self.contrasts]
        for changes in ("genes_changed", "perturbations_changed"):
            plain[changes] = plain[changes].head(10).to_dicts()
        return {"schema_version": JSON_VERSION, **what_was_asked(plain.pop("task")), **plain}


def compare(
    runs: Sequence[AnyRun],
    session: Session | None = None,
    *,
    metric: str = RANKING,
    seed: int = 0,
    resamples: int = 1000,
) -> Comparison:
    """Compare complete runs that were asked the same pairs in the same regime.

    Parameters
    ----------
    runs
        At least two, in the order of the table: results that were written, open runs, or paths; changes of
        genes and perturbations are those of the last against the first.
    session
        Where the runs' dataset is loaded; None makes one.
    metric
        A name of :data:`core_harness.metrics.METRICS`.
    seed, resamples
        Of the bootstrap.

    Raises
    ------
    RunError
        A run cannot be set against the truth (:func:`core_harness.analysis.rescore.rescore`), or two of them
        were asked other pairs, or the same in another regime.
    UsageError
        There is only one run, a result that was not written, or no such metric.
    """
    session = session or Session()
    if len(runs) < 2:
        raise UsageError("a comparison needs at least two runs; `core-harness runs list` shows them")
    row = metric_named(metric)
    scored = [rescore(load_run(run), session) for run in runs]
    for other in scored[1:]:
        refuse_other_questions(scored[0], other)
    repeats = as_answered(scored) if row.about_answering else answered_by_all(scored)
    first = repeats[0][0]
    tables = [[measures(frame)[metric] for frame in frames] for frames in repeats]
    rests_on = tables[0][0]
    draws = draw_clusters(rests_on.clusters, seed=seed, resamples=resamples)
    resampled = [Resampled.of(table, draws) for table in tables]
    contrasts = _contrasts(resampled)
    return Comparison(
        task=replace(scored[0].task, simulated=any(run.task.simulated for run in scored)),
        part=scored[0].run.manifest.part.model_dump(),
        metric=metric,
        runs=_compared(scored, repeats, resampled, row),
        contrasts=contrasts,
        pairs=first.height,
        common=min(frame.height - frame["score"].null_count() for frames in repeats for frame in frames),
        genes=rests_on.genes,
        clusters=rests_on.clusters,
        resamples=resamples,
        seed=seed,
        genes_changed=changed_placements(repeats[0], repeats[-1], GENE),
        perturbations_changed=changed_placements(repeats[0], repeats[-1], PERTURBATION),
    )


def _contrasts(resampled: Sequence[Resampled]) -> tuple[Contrast, ...]:
    places = list(itertools.combinations(range(len(resampled)), 2))
    differences = [difference(resampled[first], resampled[second]) for first, second in places]
    adjusted = holm([found.p for found in differences])
    return tuple(
        Contrast(first=first, second=second, difference=found, p_holm=p)
        for (first, second), found, p in zip(places, differences, adjusted, strict=True)
    )


def _ranks(resampled: Sequence[Resampled], metric: Metric) -> list[int | None]:
    """Return the rank of each run; None where the metric is not defined, or only describes."""
    merits = [merit(found.value, metric.direction) for found in resampled]
    defined = [at for at, found in enumerate(merits) if not math.isnan(found)]
    order = sorted(defined, key=lambda at: -merits[at])
    places = list(itertools.combinations(range(len(order)), 2))
    tests = [
        advantage(resampled[order[below]], resampled[order[above]], metric.direction)[1]
        for above, below in places
    ]
    adjusted = dict(zip(places, holm(tests), strict=True))
    found = dict(zip(order, ranks([merits[at] for at in order], [1] * len(order), adjusted), strict=True))
    return [found.get(at) for at in range(len(resampled))]


def _compared(
    scored: Sequence[Scored],
    repeats: Sequence[Sequence[pl.DataFrame]],
    resampled: Sequence[Resampled],
    metric: Metric,
) -> tuple[Compared, ...]:
    compared = []
    places = zip(scored, repeats, resampled, _ranks(resampled, metric), strict=True)
    for run, frames, found, rank in places:
        low, high = found.interval(metric.name) or (None, None)
        answers = run.repeats[0]["score"]
        compared.append(
            Compared(
                run=run.run.name,
                method=run.run.manifest.method.name,
                control=run.run.manifest.control,
                value=None if math.isnan(found.value) else found.value,
                low=low,
                high=high,
                answered=len(answers) - answers.null_count(),
                rank=None if low is None else rank,
                genes_by_auroc=genes_by_auroc(frames),
            )
        )
    return tuple(compared)
