"""The pairs of a run, in the parts that metrics rest on; metrics of one part share what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import Self
from weakref import WeakValueDictionary

import polars as pl

from core_harness.metrics.abstention import FILLS
from core_harness.metrics.bootstrap import Measure, Statistic
from core_harness.metrics.influence import Smooth, of_segments
from core_harness.metrics.ranking import OfSegments
from core_harness.metrics.scored import are_probabilities
from core_harness.metrics.segments import GENE, PERTURBATION, Floats, Segments, coded, with_both_classes

OfRows = Callable[[pl.DataFrame, int], Statistic]
"""Any other metric: takes rows, and the number of clusters, and returns the statistic."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs that metrics rest on, counted once.

    A part that holds all of the pairs is the pairs themselves, and a ranking metric of a part is made
    once. So metrics that cannot differ are one :class:`Measure`, and are computed and resampled once. What
    is sorted for one metric serves others, as long as any of them is in use.

    Attributes
    ----------
    rows
        :func:`~core_harness.metrics.scored.checked` rows, or some of them, by numbers in place of names.
    clusters
        Number of clusters of all asked pairs.
    """

    rows: pl.DataFrame
    clusters: int
    _made: WeakValueDictionary[object, Measure] = field(
        default_factory=WeakValueDictionary, init=False, repr=False
    )
    _segments: WeakValueDictionary[object, Segments] = field(
        default_factory=WeakValueDictionary, init=False, repr=False
    )

    @classmethod
    def asked(cls, rows: pl.DataFrame) -> Self:
        """Return all pairs that a run was asked; names become numbers, of which every part takes less."""
        numbers = [coded(rows[name]).alias(name) for name in GENE]
        rows = rows.select(
            *numbers,
            pl.col("cluster").alias("perturbation"),
            "cluster",
            "label",
            "score",
            "gene_rate",
            ok=pl.col("status") == "ok",
        )
        return cls(rows, rows["cluster"].n_unique())

    @cached_property
    def answered(self) -> Pairs:
        """The pairs that have a score."""
        return self._part(self.rows.drop_nulls("score"))

    @cached_property
    def ok(self) -> Pairs:
        """The pairs of status ``ok``: without scores by default, such as the gene's rate."""
        return self._part(self.rows.filter("ok"))

    @cached_property
    def filled(self) -> Mapping[str, Pairs]:
        """All pairs under each policy that gives unanswered ones a score."""
        if not self.rows["score"].null_count():
            return dict.fromkeys(FILLS, self)
        return {policy: Pairs(fill(self.rows), self.clusters) for policy, fill in FILLS.items()}

    @cached_property
    def are_probabilities(self) -> bool:
        """Whether all scores lie within [0, 1]."""
        return are_probabilities(self.rows)

    def measure(self, of: Callable[[], Statistic], segments: int | None = None) -> Measure:
        """Return a metric of these pairs, or the mean over so many segments; made when first asked for."""
        ready = cache(of)

        def value(weights: Floats) -> Floats:
            return ready()(weights)

        def influence() -> Floats | None:
            statistic = ready()
            return statistic.influence() if isinstance(statistic, Smooth) else None

        return Measure(
            of=value,
            clusters=self.clusters,
            genes=self._genes,
            perturbations=self._perturbations,
            pairs=self.rows.height,
            segments=segments,
            influence=influence,
        )

    def pooled(self, of: OfRows) -> Measure:
        """Return a metric in which every pair counts for itself."""
        return self.measure(partial(of, self.rows, self.clusters))

    def ranked(
        self,
        of: OfSegments,
        by: tuple[str, ...],
        rescored: Callable[[pl.DataFrame], pl.DataFrame] | None = None,
    ) -> Measure:
        """Return a metric of the segments with both classes; ``rescored`` gives all pairs other scores."""
        key = (of, by, rescored)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._ranked(of, by, rescored)
        return found

    def _ranked(
        self,
        of: OfSegments,
        by: tuple[str, ...],
        rescored: Callable[[pl.DataFrame], pl.DataFrame] | None,
    ) -> Measure:
        kept = self._part(with_both_classes(self.rows, by)) if by else self

        def ready() -> Statistic:
            segments = self._segmented(kept, by, rescored)
            return Smooth(partial(of, segments), partial(of_segments, of, by, segments))

        return kept.measure(ready, kept.rows.select(by).n_unique() if by else None)

    def _segmented(
        self, kept: Pairs, by: tuple[str, ...], rescored: Callable[[pl.DataFrame], pl.DataFrame] | None
    ) -> Segments:
        key = (by, rescored)
        found = self._segments.get(key)
        if found is None:
            rows = kept.rows if rescored is None else with_both_classes(rescored(self.rows), by)
            found = self._segments[key] = Segments.of(rows, by, self.clusters)
        return found

    @cached_property
    def _genes(self) -> int:
        return self.rows.select(GENE).n_unique()

    @cached_property
    def _perturbations(self) -> int:
        return self.rows.select(PERTURBATION).n_unique()

    def _part(self, rows: pl.DataFrame) -> Pairs:
        return self if rows.height == self.rows.height else Pairs(rows, self.clusters)
