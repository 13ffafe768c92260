"""Per-gene AUROC on K562's test rows, and its cluster bootstrap, against a plain scikit-learn loop.

Rows and labels are real, scores are random with ties. Prints medians and ratios of one run::

    CORE_HARNESS_DATA=../shared/data python benchmarks/metrics.py
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from core_harness.data.rates import gene_rate_of
from core_harness.metrics import checked, draw_clusters, measures, report
from core_harness.metrics.ranking import macro_auroc
from core_harness.metrics.segments import GENE, Floats, Segments, with_both_classes

REPEATS = 7
RESAMPLES = 1000
PEER_RESAMPLES = 5
DATA = Path(os.environ.get("CORE_HARNESS_DATA", "../shared/data"))


def scored_rows() -> pl.DataFrame:
    """Return K562's test rows with random scores that lean towards the label."""
    pairs = (
        pl.read_csv(DATA / "perturbqa" / "k562-de.csv")
        .filter(pl.col("pert") != pl.col("gene"))
        .rename({"pert": "perturbation"})
        .with_columns(pl.col("label").cast(pl.UInt8), context=pl.lit("K562"), status=pl.lit("ok"))
    )
    rows, support = pairs.filter(split="test"), pairs.filter(split="train")
    rows = rows.with_columns(gene_rate=gene_rate_of(rows, support))
    noise = pl.Series(np.random.default_rng(0).random(rows.height))
    return rows.with_columns(score=(0.8 * noise + 0.2 * rows["label"]).round(2))


def ours(rows: pl.DataFrame) -> float:
    """Return macro-per-gene AUROC: grouping, sorting and ranks."""
    clusters = rows["cluster"].n_unique()
    segments = Segments.of(with_both_classes(rows, GENE), GENE, clusters)
    return float(macro_auroc(segments, np.ones((clusters, 1)))[0])


class Loop:
    """The peer: ``roc_auc_score`` gene by gene on numpy arrays that are numbered beforehand."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self.gene = rows["gene"].rank("dense").to_numpy()
        self.label = rows["label"].to_numpy()
        self.score = rows["score"].to_numpy()
        self.cluster = rows["cluster"].to_numpy()

    def macro(self) -> float:
        """Return the mean over the genes that have both classes."""
        return self._macro(np.arange(len(self.gene)))

    def resampled(self, weights: Floats) -> list[float]:
        """Return the mean in each resample, each row taken as often as its cluster was drawn."""
        every = np.arange(len(self.gene))
        drawn = weights.astype(np.intp)
        return [self._macro(np.repeat(every, times[self.cluster])) for times in drawn.T]

    def _macro(self, chosen: NDArray[np.intp]) -> float:
        gene, label, score = self.gene[chosen], self.label[chosen], self.score[chosen]
        order = np.argsort(gene, kind="stable")
        ends = np.flatnonzero(np.diff(gene[order])) + 1
        aurocs = [
            roc_auc_score(label[rows], score[rows])
            for rows in np.split(order, ends)
            if 0 < label[rows].sum() < len(rows)
        ]
        return float(np.mean(aurocs))


def median_seconds(function: Callable[[], object], repeats: int) -> float:
    """Return the median wall time of calls of ``function``."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    """Print the two comparisons and the time of a whole report."""
    scored = scored_rows()
    rows = checked(scored)
    loop = Loop(rows)
    measure = measures(rows)["macro_gene_auroc"]
    weights = draw_clusters(measure.clusters, seed=0, resamples=RESAMPLES).weights
    few = weights[:, :PEER_RESAMPLES]

    difference = abs(ours(rows) - loop.macro())
    resampled = np.abs(measure.resampled(few) - loop.resampled(few)).max()
    print(f"{rows.height:,} pairs, {measure.genes} genes with both classes, medians of {REPEATS} calls")
    print(f"largest difference of values: {difference:.1e}; over {PEER_RESAMPLES} resamples {resampled:.1e}")

    fast = median_seconds(lambda: ours(rows), REPEATS)
    slow = median_seconds(loop.macro, REPEATS)
    print(
        f"(a) per-gene AUROC: {1e3 * fast:.1f} ms, scikit-learn loop {1e3 * slow:.0f} ms: {slow / fast:.0f}x"
    )

    fast = median_seconds(lambda: measure.resampled(weights), REPEATS)
    slow = median_seconds(lambda: loop.resampled(few), 3) / PEER_RESAMPLES * RESAMPLES
    print(
        f"(b) its bootstrap, {RESAMPLES:,} resamples: {fast:.3f} s, row resampling with the loop "
        f"{slow:.0f} s (extrapolated from {PEER_RESAMPLES} resamples): {slow / fast:.0f}x"
    )

    whole = median_seconds(lambda: report(scored, seed=0, resamples=RESAMPLES), REPEATS)
    print(f"whole report, all metrics with intervals: {whole:.2f} s")


if __name__ == "__main__":
    main()
