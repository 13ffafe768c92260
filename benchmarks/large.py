"""A generated dataset of any size, and what `voting` on it costs: seconds, CPU and memory as data grow.

Contexts of 300 perturbations, of which 30 % are support, each measured on 2,000 genes: 600,000 rows a
context, a Parquet file each. Perturbations have the names of K562's, so that the shared graph relates them;
whether a gene moves depends on a latent module of the perturbation that the graph does not know. Figures made
from it say nothing about methods::

    python benchmarks/large.py write /tmp/large --contexts 5
    python benchmarks/large.py run /tmp/large
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

PERTURBATIONS, GENES, MODULES = 300, 2_000, 20
SUPPORT = 0.3
RATES = (0.1, 0.5)
"""Range of the genes' rates: dense, so that intervals come from influences."""
DATA = Path(os.environ.get("CORE_HARNESS_DATA", "../shared/data"))


def write(folder: Path, contexts: int) -> None:
    """Write a file for each context."""
    folder.mkdir(parents=True, exist_ok=True)
    known = pl.read_csv(DATA / "perturbqa" / "k562-de.csv", columns=["pert"])["pert"].unique().sort()
    names = known.gather(np.random.default_rng(0).permutation(len(known))[:PERTURBATIONS]).sort()
    genes = pl.Series([f"SIMG{number:04}" for number in range(GENES)])
    for number in range(contexts):
        rng = np.random.default_rng([1, number])
        rate = rng.uniform(*RATES, size=GENES)
        module = rng.integers(MODULES, size=PERTURBATIONS)
        chance = (rate + (rng.random((MODULES, GENES)) < rate)[module]) / 2
        train = rng.permutation(PERTURBATIONS) < SUPPORT * PERTURBATIONS
        perturbation, gene = (places.ravel() for places in np.indices(chance.shape))
        pl.DataFrame(
            {
                "context": f"SIM{number:02}",
                "perturbation": names.gather(perturbation),
                "gene": genes.gather(gene),
                "label": (rng.random(chance.size) < chance.ravel()).astype(np.uint8),
                "split": np.where(train[perturbation], "train", "test"),
            }
        ).write_parquet(folder / f"sim{number:02}.parquet")


def run(folder: Path, strategy: str) -> None:
    """Print rows, seconds, CPU seconds and peak memory of a whole evaluation, as a line of a table."""
    rows = pl.scan_parquet(folder / "*.parquet").select(pl.len()).collect().item()
    with tempfile.TemporaryDirectory() as out:
        command = ["eval", "--dataset", f"table:{folder}", "--strategy", strategy, "--out", out]
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "core_harness", *command], check=True)
        seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"| {rows:,} | {seconds:.0f} | {used.ru_utime + used.ru_stime:.0f} | {used.ru_maxrss / 2**20:.2f} |"
    )


def main() -> None:
    """Write a dataset, or evaluate a method on it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("write", "run"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--contexts", type=int, default=5)
    parser.add_argument("--strategy", default="voting")
    given = parser.parse_args()
    if given.what == "write":
        write(given.folder, given.contexts)
    else:
        run(given.folder, given.strategy)


if __name__ == "__main__":
    main()
