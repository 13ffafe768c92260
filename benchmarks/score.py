"""Scoring predictions of 300 perturbations on 18,533 genes against K562's test pairs, and its peak memory.

Scores are random. Each way is a process of its own, so that its memory is seen apart::

    CORE_HARNESS_DATA=../shared/data python benchmarks/score.py

``pie`` and ``wide`` are ``score_file`` on a PIE Parquet file and on a CSV matrix, with all metrics and their
intervals; ``explode`` is the peer: polars explodes the same Parquet file and joins it with the test pairs, no
metric.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from core_harness.analysis.score import score_file
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec

PERTURBATIONS, GENES = 300, 18_533
DATA = Path(os.environ.get("CORE_HARNESS_DATA", "../shared/data"))
DATASET = "perturbqa/k562"


def write_files(folder: Path) -> None:
    """Write ``p.parquet`` as PIE does, and the same scores as the matrix ``p.csv``."""
    rows = pl.read_csv(DATA / "perturbqa" / "k562-de.csv")
    test = rows.filter(split="test")["pert"].unique().sort().to_list()
    perturbations = [*test, *(f"unasked{at}" for at in range(PERTURBATIONS))][:PERTURBATIONS]
    asked = rows["gene"].unique().sort().to_list()
    genes = [*asked, *(f"gene{at}" for at in range(GENES))][:GENES]
    scores = np.random.default_rng(0).random((PERTURBATIONS, GENES), dtype=np.float32)
    lists = dict.fromkeys(("p_de", "lfc_pred", "delta_p_pred"), scores)
    units = {"dataset": "replogle", "context": "K562"}
    table = pl.DataFrame({"perturbation": perturbations, **lists}).with_columns(
        *(pl.lit(value).alias(name) for name, value in units.items()), pl.col(*lists).arr.to_list()
    )
    said = json.dumps({"format_version": 1, "genes": {"replogle": genes}})
    table.write_parquet(folder / "p.parquet", metadata={"pie": said})
    matrix = pl.DataFrame(scores, schema=genes)
    matrix.select(pl.Series("perturbation", perturbations), pl.all()).write_csv(folder / "p.csv")


def score(file: Path) -> int:
    """Score a file as the command does; return how many pairs got a score."""
    return score_file(file, RunSpec(dataset=DATASET), Session()).received.scored


def explode(file: Path) -> int:
    """Make a row of each score, and look the test pairs up; return how many there are."""
    genes = json.loads(pl.read_parquet_metadata(file)["pie"])["genes"]["replogle"]
    queries = Session().load(RunSpec(dataset=DATASET)).split.queries
    long = pl.read_parquet(file).with_columns(pl.lit(genes).alias("gene"))
    long = long.explode("gene", "p_de", "lfc_pred", "delta_p_pred")
    return long.join(queries, on=["perturbation", "gene"]).height


WAYS: dict[str, tuple[str, Callable[[Path], int]]] = {
    "pie": ("p.parquet", score),
    "wide": ("p.csv", score),
    "explode": ("p.parquet", explode),
}


def measure(way: str, folder: Path) -> None:
    """Print seconds (also of CPU), peak memory in GB and scored pairs of one way, as JSON."""
    name, work = WAYS[way]
    start, busy = time.perf_counter(), time.process_time()
    pairs = work(folder / name)
    seconds, cpu = time.perf_counter() - start, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak, "pairs": pairs}))


def main() -> None:
    """Write the files, run each way, print the ratios to the peer."""
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder))
        found = {}
        for way in WAYS:
            child = subprocess.run(
                [sys.executable, __file__, way, folder], check=True, stdout=subprocess.PIPE, text=True
            )
            found[way] = json.loads(child.stdout)
    peer = found["explode"]
    print(f"{PERTURBATIONS} perturbations x {GENES:,} genes, test pairs of {DATASET}")
    for way, one in found.items():
        cpu, peak = (one[name] / peer[name] for name in ("cpu", "peak"))
        print(
            f"{way:8} {one['seconds']:6.2f} s, CPU {one['cpu']:5.2f} s ({cpu:.2f} of the peer's)  "
            f"{one['peak']:.2f} GB ({peak:.2f})  {one['pairs']:,} pairs"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
