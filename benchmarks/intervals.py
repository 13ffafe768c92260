"""Do intervals cover, and do paired tests err as often as they say? Seeded worlds with K562's layout.

All worlds share one population of genes, laid out like K562's test rows: about 4,100 genes of which some
660 have both classes, with a median of 7 pairs, and one positive in half of them. A world draws 267
perturbations and the scores of two methods that are equally good. How well they rank depends on how
often the gene responds and on how well the perturbation is understood; the pairs of a perturbation share
its strength and a shift of their scores. These are as large as makes the placements of one perturbation's
pairs correlate as those of the vote on K562 do (.14 for positives, .01 for negatives). What an interval
has to cover is the mean estimate over all worlds: what the method reaches with other perturbations of the
same kind::

    python benchmarks/intervals.py

How little an interval can rest on is found on small worlds, a few genes with some 7 pairs each and a few
perturbations, with and without signal; the genes stay and the perturbations are drawn::

    python benchmarks/intervals.py --few
"""

from __future__ import annotations

import argparse
import itertools
import time
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from joblib import Parallel, delayed
from numpy.typing import NDArray

from core_harness.metrics import Resampled, bootstrap, checked, draw_clusters, measures
from core_harness.metrics.paired import ALPHA, difference
from core_harness.metrics.segments import Floats

PERTURBATIONS = 267
GENES = 4190
"""About as many of them as K562 has are measured at all."""

# Three kinds of genes, rare, middling and frequent responders: their share of all genes, their log odds
# to respond and the number of their pairs (log-normal), each with its spread, tuned to K562's counts.
SHARES = (0.79, 0.15, 0.06)
LOG_ODDS = ((-5.0, 0.6), (-1.9, 0.6), (1.1, 0.9))
PAIRS = ((4.8, 0.45), (5.2, 0.4), (8.0, 1.0))
MOST = 0.28
"""The largest share of the perturbations with which a gene is measured."""

FEW = {"perturbations": (4, 6, 10, 40), "genes": (1, 3, 4, 6, 10, 50), "signal": (0.0, 0.8)}
"""Small worlds."""
FEW_PAIRS = 7
"""Pairs of a gene of a small world, like those of K562's genes with both classes."""

SIGNALS = {"rising with frequency": (0.2, 0.8, 1.5), "frequent genes only": (0.0, 0.0, 1.5)}
"""How far the scores of positives are shifted in each kind of gene, in standard deviations of noise."""
STRENGTH = 0.7
"""Spread of the strength of perturbations, in log odds of their labels."""
SHIFT = 0.1
"""Spread of what all scores of a perturbation have in common."""
INSIGHT = 0.6
"""Spread of the logarithm of how well a perturbation is understood; it multiplies the signal."""
SHARED = 0.5
"""Share of both that two methods have in common: what is hard for one is hard for the other."""


@dataclass(frozen=True)
class Genes:
    """The genes of all worlds: log odds to respond, share of the perturbations, and signal."""

    log_odds: Floats
    measured: Floats
    signal: Floats
    perturbations: int = PERTURBATIONS


def population(signal: tuple[float, float, float], *, genes: int = GENES) -> Genes:
    """Draw the genes, the same for any signal."""
    rng = np.random.default_rng(1)
    kind = rng.choice(3, size=genes, p=SHARES)
    mean, spread = np.array(LOG_ODDS)[kind].T
    log_odds = mean + spread * rng.normal(size=genes)
    pairs, spread = np.array(PAIRS)[kind].T
    measured = pairs * np.exp(spread * rng.normal(size=genes)) / PERTURBATIONS
    return Genes(log_odds, np.minimum(measured, MOST), np.array(signal)[kind])


def few(genes: int, perturbations: int, signal: float) -> Genes:
    """Draw a few genes that respond in about half of their pairs."""
    rng = np.random.default_rng(1)
    log_odds, spread = rng.normal(size=(2, genes))
    measured = FEW_PAIRS * np.exp(PAIRS[0][1] * spread) / perturbations
    return Genes(log_odds, np.minimum(measured, 1), np.full(genes, signal), perturbations)


def world(genes: Genes, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the checked rows of two methods that are equally good, on the same pairs."""
    rng = np.random.default_rng([seed, 9])
    strength = STRENGTH * rng.normal(size=genes.perturbations)
    measured = rng.random((genes.perturbations, len(genes.log_odds))) < genes.measured
    perturbation, gene = np.nonzero(measured)
    label = rng.random(len(gene)) < _logistic(genes.log_odds[gene] + strength[perturbation])
    pairs = pl.DataFrame(
        {
            "context": "world",
            "perturbation": np.char.mod("P%03d", perturbation),
            "gene": np.char.mod("G%04d", gene),
            "label": label.astype(np.uint8),
            "status": "ok",
            "gene_rate": _logistic(genes.log_odds[gene]),
        }
    )

    common = rng.normal(size=(2, genes.perturbations))

    def scored() -> pl.DataFrame:
        own = rng.normal(size=(2, genes.perturbations))
        of_perturbation = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
        insight, shift = np.exp(INSIGHT * of_perturbation[0]), SHIFT * of_perturbation[1]
        seen = genes.signal[gene] * insight[perturbation] * label
        known = genes.log_odds[gene] + seen + shift[perturbation] + rng.normal(size=len(gene))
        return checked(pairs.with_columns(score=_logistic(known)))

    return scored(), scored()


def outcome(genes: Genes, metric: str, seed: int, resamples: int, share: float) -> pl.DataFrame:
    """Return what is said of both methods in one world, and what their layout is."""
    # an interval however little it rests on: whether it should have one is the question
    found = [
        replace(measures(rows)[metric], perturbations=PERTURBATIONS, segments=None)
        for rows in world(genes, seed)
    ]
    draws = draw_clusters(found[0].clusters, seed=seed, resamples=resamples, share=share)
    runs = [Resampled.of([measure], draws) for measure in found]
    scaled = [run.value + run.scale * (run.values - run.value) for run in runs]
    intervals = [run.interval(metric) or (None, None) for run in runs]
    return pl.DataFrame(
        {
            "world": seed,
            "value": [run.value for run in runs],
            "deviation": [run.deviation() for run in runs],
            "drift": [run.drift() for run in runs],
            "lower": [float(np.nanquantile(values, 0.025)) for values in scaled],
            "upper": [float(np.nanquantile(values, 0.975)) for values in scaled],
            "low": [low for low, _ in intervals],
            "high": [high for _, high in intervals],
            "p": difference(*runs).p,
            "genes": [measure.genes for measure in found],
            "pairs": [measure.pairs for measure in found],
        }
    )


def outcomes(
    genes: Genes,
    metric: str,
    *,
    worlds: int,
    resamples: int,
    share: float = bootstrap.SHARE,
    jobs: int | None = None,
) -> pl.DataFrame:
    """Return :func:`outcome` of many worlds, two rows a world."""
    tasks = (delayed(outcome)(genes, metric, seed, resamples, share) for seed in range(worlds))
    frames: list[pl.DataFrame] = Parallel(n_jobs=jobs)(tasks)
    return pl.concat(frames)


def summary(found: pl.DataFrame) -> dict[str, float]:
    """Return coverage, false positives and what explains them."""
    truth = pl.lit(found["value"].mean())
    return found.select(
        truth.is_between("low", "high").mean().alias("coverage"),
        truth.is_between("lower", "upper").mean().alias("percentile coverage"),
        (pl.col("p") < ALPHA).mean().alias("false positives"),
        (pl.col("p") >= ALPHA).mean().alias("share a rank"),
        pl.lit(found["value"].mean()).alias("mean"),
        pl.col("value").std().alias("true deviation"),
        pl.col("deviation").mean().alias("estimated deviation"),
        pl.col("drift").mean(),
        pl.col("genes").mean(),
        pl.col("pairs").mean(),
    ).row(0, named=True)


def _logistic(log_odds: Floats) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def print_few(*, worlds: int, resamples: int, jobs: int) -> None:
    """Print the coverage of the interval of macro-per-gene AUROC in small worlds."""
    print("| signal | perturbations | " + " | ".join(f"{genes} genes" for genes in FEW["genes"]) + " |")
    print("|---" * (2 + len(FEW["genes"])) + "|")
    for signal, perturbations in itertools.product(FEW["signal"], FEW["perturbations"]):
        cells = []
        for genes in FEW["genes"]:
            layout = few(int(genes), int(perturbations), signal)
            found = outcomes(layout, "macro_gene_auroc", worlds=worlds, resamples=resamples, jobs=jobs)
            cells.append(f"{summary(found.filter(pl.col('value').is_not_nan()))['coverage']:.3f}")
        print(f"| {signal} | {perturbations} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    """Print a table for each signal."""
    parser = argparse.ArgumentParser(description="Coverage of intervals and false positives of paired tests.")
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--metric", default="macro_gene_auroc")
    parser.add_argument(
        "--share", type=float, default=bootstrap.SHARE, help="of the clusters, drawn in a resample"
    )
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--few", action="store_true", help="Small worlds: on how little can an interval rest?"
    )
    given = parser.parse_args()
    if given.few:
        print_few(worlds=given.worlds, resamples=given.resamples, jobs=given.jobs)
        return
    for name, signal in SIGNALS.items():
        started = time.perf_counter()
        found = outcomes(
            population(signal),
            given.metric,
            worlds=given.worlds,
            resamples=given.resamples,
            share=given.share,
            jobs=given.jobs,
        )
        seconds = time.perf_counter() - started
        print(f"{given.metric}, signal {name}: {given.worlds} worlds in {seconds:.0f} s", flush=True)
        for what, value in summary(found).items():
            print(f"  {what:<22}{value:10.4f}", flush=True)


if __name__ == "__main__":
    main()
