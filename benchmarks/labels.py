"""Peak memory and time of labelling a large table of results, against reading it whole with polars.

Each in a process of its own, on a table as pdex writes it (perturbations one after the other)::

    python benchmarks/labels.py --rows 20000000

Prints the ratio of the peaks: that of ``data label`` should stay, while that of the whole table grows.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from core_harness.data.labels.making import label_files
from core_harness.data.labels.request import LabelRequest

GENES = 10_000
"""Rows of a perturbation."""


def write_table(rows: int, folder: Path) -> Path:
    """Write a table of results of so many rows, a perturbation after the other."""
    rng = np.random.default_rng(0)
    names = [f"GENE{number:05}" for number in range(GENES)]
    parts = []
    for at in range(0, rows // GENES, 100):
        of_part = min(100, rows // GENES - at)
        moved = rng.random(of_part * GENES) < 0.05
        p = np.where(moved, rng.random(moved.size) * 0.002, rng.random(moved.size))
        columns = {
            "target": np.repeat([f"P{number:06}" for number in range(at, at + of_part)], GENES),
            "feature": names * of_part,
            "log2_fold_change": np.where(moved, rng.normal(0, 2, moved.size), rng.normal(0, 0.2, moved.size)),
            "p_value": p,
            "fdr": np.minimum(1, p * 1.2),
        }
        parts.append(folder / f"part-{at}.parquet")
        pl.DataFrame(columns).write_parquet(parts[-1])
    pl.scan_parquet(parts).sink_parquet(folder / "results.parquet")
    for part in parts:
        part.unlink()
    return folder / "results.parquet"


def label_it(path: Path) -> int:
    """Return the rows that ``data label`` writes."""
    out = path.with_name("labels.parquet")
    manifest = label_files([path], LabelRequest(split="perturbation=.25"), out, tell=lambda *_: None)
    return sum(manifest.counts.labels.values())


def read_it(path: Path) -> int:
    """Return the rows that two lines of polars label, with the table in memory."""
    table = pl.read_parquet(path)
    change, fdr = pl.col("log2_fold_change"), pl.col("fdr")
    changed, absent = (fdr <= 0.05) & (change.abs() >= 0.585), (fdr >= 0.5) & (change.abs() < 0.2)
    return table.filter(changed | absent).sort("target", "feature").height


def measured(what: str, path: Path) -> tuple[int, float, float]:
    """Return rows, peak in GB and seconds of a process that does it."""
    command = [sys.executable, __file__, "--do", what, "--path", str(path)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return int(out[0]), float(out[1]), float(out[2])


def main() -> None:
    """Print both peaks and their ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--do", choices=["label", "read"])
    parser.add_argument("--path", type=Path)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.do:
        start = time.perf_counter()
        rows = (label_it if given.do == "label" else read_it)(given.path)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(rows, peak, time.perf_counter() - start)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = write_table(given.rows, Path(folder))
        print(f"{given.rows:,} rows, {path.stat().st_size / 1e9:.2f} GB of Parquet")
        whole, labels = measured("read", path), measured("label", path)
    assert whole[0] == labels[0], "the two label differently"
    print(f"whole   {whole[1]:.2f} GB {whole[2]:.0f} s")
    print(f"labels  {labels[1]:.2f} GB {labels[2]:.0f} s")
    print(f"peak of labels / whole: {labels[1] / whole[1]:.2f}")


if __name__ == "__main__":
    main()
