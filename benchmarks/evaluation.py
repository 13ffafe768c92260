"""The whole K562 voting evaluation, in a separate process, with its graph cached.

Prints wall time, CPU time and peak memory of ``core-harness eval`` (voting, 1,000 resamples), and the
ratio of its wall time to that of the ranking metric alone, point estimate only, as a plain scikit-learn
loop over genes with one row-resampled bootstrap extrapolated to 1,000::

    CORE_HARNESS_DATA=../shared/data python benchmarks/evaluation.py
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

REPEATS = 3
RESAMPLES = 1000


def whole_run(folder: Path) -> tuple[float, Path]:
    """Run the evaluation once; return its wall time and the run folder."""
    started = time.perf_counter()
    subprocess.run(
        [
            sys.executable,
            "-m",
            "core_harness",
            "eval",
            "-d",
            "perturbqa/k562",
            "-s",
            "voting",
            "--out",
            str(folder),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    wall = time.perf_counter() - started
    return wall, max(folder.iterdir())


def plain_resample(scored: pl.DataFrame, rng: np.random.Generator) -> float:
    """Time one bootstrap resample of macro-per-gene AUROC as one would write it with scikit-learn."""
    started = time.perf_counter()
    perturbations = scored["perturbation"].unique().sort()
    drawn = pl.DataFrame({"perturbation": rng.choice(perturbations.to_numpy(), len(perturbations))})
    resampled = drawn.join(scored, on="perturbation")
    areas = [
        roc_auc_score(gene["label"], gene["score"])
        for gene in resampled.partition_by("gene")
        if gene["label"].n_unique() == 2
    ]
    assert areas
    return time.perf_counter() - started


def main() -> None:
    """Print the figures."""
    data = Path(os.environ.get("CORE_HARNESS_DATA", "../shared/data")).resolve()
    os.environ["CORE_HARNESS_DATA"] = str(data)
    with tempfile.TemporaryDirectory() as folder:
        whole_run(Path(folder))  # builds the graph's cache where there is none
        walls, run = zip(*(whole_run(Path(folder)) for _ in range(REPEATS)), strict=True)
        predictions = pl.read_parquet(run[-1] / "predictions.parquet")
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu, peak = (usage.ru_utime + usage.ru_stime) / (REPEATS + 1), usage.ru_maxrss / 2**20
    truth = pl.read_csv(data / "perturbqa" / "k562-de.csv", columns=["pert", "gene", "label"])
    scored = predictions.join(truth.rename({"pert": "perturbation"}), on=["perturbation", "gene"])
    peer = plain_resample(scored, np.random.default_rng(0)) * RESAMPLES
    wall = statistics.median(walls)
    print(f"core-harness eval, K562 voting, {RESAMPLES} resamples: {wall:.1f} s wall (median of {REPEATS})")
    print(f"CPU a run: {cpu:.1f} s, peak memory: {peak:.2f} GiB")
    print(f"its bootstrap as a scikit-learn loop (extrapolated from 1 resample): {peer:.0f} s")
    print(f"ratio: {peer / wall:.0f}x")


if __name__ == "__main__":
    main()
