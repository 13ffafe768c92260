"""Do intervals by influence cover? Seeded dense worlds, with more and fewer positives a gene.

Every perturbation is measured on every gene; otherwise worlds are those of ``benchmarks/intervals.py``. A row
is a layout: perturbations, and pairs of the rarer label that a gene has (n, in the mean over genes weighed by
1 / n²). For each metric that has an influence: how often its 95 % interval covers the mean over all worlds.
K562's layout stands below, where it must not be used::

    python benchmarks/dense.py --worlds 1000
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np
import polars as pl
from benchmarks.intervals import Genes, population, world
from joblib import Parallel, delayed

from core_harness.metrics import influence, measures
from core_harness.metrics.resampled import Z
from core_harness.metrics.segments import GENE, with_both_classes

GENES = 150
PERTURBATIONS = (30, 100, 250)
POSITIVES = (5, 10, 20)
"""Positives of a middling gene."""
SPREAD = 0.7
"""Of the log odds of genes to respond."""
SIGNAL = 0.8
METRICS: Mapping[str, str] = {
    "macro_gene_auroc": "macro gene",
    "macro_gene_auroc_weighted": "weighted",
    "potency_residual_auroc": "potency residual",
    "macro_perturbation_auroc": "macro perturbation",
    "pooled_auroc": "pooled",
    "pooled_auprc": "AUPRC",
    "risk_coverage_area": "risk-coverage",
    "gene_prior_correlation": "correlation",
    "gene_prior_correlation_labels": "of labels",
}


def dense(perturbations: int, positives: float) -> Genes:
    """Draw genes that are measured with every perturbation."""
    rng = np.random.default_rng(1)
    share = positives / perturbations
    log_odds = np.log(share / (1 - share)) + SPREAD * rng.normal(size=GENES)
    return Genes(log_odds, np.ones(GENES), np.full(GENES, SIGNAL), perturbations)


def outcome(genes: Genes, seed: int) -> dict[str, float]:
    """Return each metric of a world, its deviation by influence, and how dense the world is."""
    influence.MANY = 0  # however sparse: whether it holds is the question
    rows, _ = world(genes, seed)
    found: dict[str, float] = {}
    measured = measures(rows)
    for name in METRICS:
        of_clusters = measured[name].influence()
        found[name] = measured[name].estimate()
        found[f"{name} deviation"] = (
            float("nan") if of_clusters is None else float(np.sqrt((of_clusters**2).sum()))
        )
    sides = with_both_classes(rows, GENE).group_by(*GENE, "label").len()
    rarer = sides.group_by(GENE).agg(pl.col("len").min())["len"].to_numpy().astype(float)
    return {**found, "rarer": float((1 / rarer).sum() / (1 / rarer**2).sum())}


def line(genes: Genes, worlds: int, jobs: int) -> list[str]:
    """Return the cells of a layout: perturbations, how dense, and the coverage of each metric."""
    found = pl.DataFrame(Parallel(n_jobs=jobs)(delayed(outcome)(genes, seed) for seed in range(worlds)))
    cells = [str(genes.perturbations), f"{found['rarer'].to_numpy().mean():.1f}"]
    for name in METRICS:
        away = (found[name] - found[name].mean()).abs()
        covered = (away <= Z * found[f"{name} deviation"]).mean()
        cells.append(f"{100 * float(covered or 0):.1f}")  # type: ignore[arg-type]
    return cells


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    header = ["perturbations", "of the rarer label", *METRICS.values()]
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    layouts = [dense(p, n) for p in PERTURBATIONS for n in POSITIVES if n <= p / 2]
    for genes in [*layouts, population((0.2, 0.8, 1.5))]:
        print("| " + " | ".join(line(genes, given.worlds, given.jobs)) + " |", flush=True)


if __name__ == "__main__":
    main()
