"""Figures of out-of-fold scores: computed within folds, averaged, resampled over perturbations.

Scores of two folds were fitted on different rows and cannot be ranked against each other; so a metric is
computed in each fold, its mean over the folds is the figure of a dataset, and the mean over datasets that of
a method. A pair without a score counts at its gene's rate, as on a leaderboard: leaving pairs out gains
nothing. Perturbations are drawn once for all folds, datasets and methods, so that differences are paired.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from core_harness.errors import UsageError
from core_harness.metrics import Draws, Resampled, checked, draw_clusters, measures
from core_harness.metrics.abstention import FILLS
from core_harness.metrics.repeats import SeedMean, mean_over_seeds

CRITERION = "macro_gene_auroc"
"""The metric by which settings are compared where no other is named."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """Resamples of the perturbations of one or more datasets.

    Attributes
    ----------
    perturbations
        All of them, sorted. One that is in two datasets is drawn for both.
    draws
        How often each is drawn.
    """

    perturbations: pl.Series
    draws: Draws

    def among(self, rows: pl.DataFrame) -> Draws:
        """Return the draws of the perturbations of these rows, in sorted order."""
        names = rows["perturbation"].unique().sort()
        return self.draws.among(self.perturbations.search_sorted(names).to_numpy())


def draw_perturbations(frames: Sequence[pl.DataFrame], *, seed: int = 0, resamples: int = 1000) -> Sample:
    """Draw resamples of the perturbations of cross-validated datasets.

    Parameters
    ----------
    frames
        What :func:`~core_harness.evaluation.crossvalidate.crossvalidate` returned, one frame a dataset, of
        any method; or any other frame with the column ``perturbation``.
    seed, resamples
        Of the bootstrap.
    """
    names = pl.concat([frame["perturbation"] for frame in frames]).unique().sort()
    return Sample(perturbations=names, draws=draw_clusters(len(names), seed=seed, resamples=resamples))


def resampled(frames: Sequence[pl.DataFrame], sample: Sample, *, metric: str = CRITERION) -> Resampled:
    """Return a metric of one method: its mean over datasets, folds and seeds, in each resample.

    Two methods are compared by :func:`core_harness.metrics.paired.difference` of what this returns.

    Parameters
    ----------
    frames
        Cross-validated scores of the method, one frame a dataset.
    sample
        Drawn from the same datasets.
    metric
        A name of :data:`core_harness.metrics.METRICS`.

    Raises
    ------
    UsageError
        The metric is not defined in one of the folds.
    """
    return Resampled.mean([_of_dataset(frame, sample, metric) for frame in frames])


def under_control(frames: Sequence[pl.DataFrame], *, metric: str = CRITERION) -> SeedMean:
    """Return a metric of a method under a control: the mean over its seeds, with the interval of that mean.

    Each seed gives one figure, the mean over datasets and folds. The interval says how well the seeds
    determine the mean; a control that does not draw has none.
    """
    none = draw_perturbations(frames, resamples=0)
    by_seed = zip(*(_by_seed(frame) for frame in frames), strict=True)
    values = [resampled(of_seed, none, metric=metric).value for of_seed in by_seed]
    return mean_over_seeds(metric, values)


def _by_seed(frame: pl.DataFrame) -> list[pl.DataFrame]:
    return frame.partition_by("seed", maintain_order=True) if "seed" in frame.columns else [frame]


def _of_dataset(frame: pl.DataFrame, sample: Sample, metric: str) -> Resampled:
    found = []
    for (fold,), rows in frame.group_by("fold", maintain_order=True):
        by_seed = _by_seed(rows)
        of_seeds = [measures(FILLS["gene_prior"](checked(one)))[metric] for one in by_seed]
        of_fold = Resampled.of(of_seeds, sample.among(rows))
        if math.isnan(of_fold.value):
            raise UsageError(
                f"{metric} is not defined in fold {fold}, of {by_seed[0].height} pairs; take fewer folds, or "
                "another metric"
            )
        found.append(of_fold)
    return Resampled.mean(found)
