"""Labels of single cells: error rate, agreement with scanpy and pdex, peak memory on a large file.

::

    python benchmarks/cells.py                  # 50,000 cells, 2,000 genes, 150 perturbations with effects
    python benchmarks/cells.py --gigabytes 4    # peak memory and time of `data label` on such a file

needs the extra ``anndata``, and scanpy.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import polars as pl
import scanpy
import scipy.sparse as sp
from numpy.typing import NDArray
from pdex import pdex

from core_harness.data.labels.cells.comparing import compare_cells
from core_harness.data.labels.cells.request import CellsRequest
from core_harness.data.labels.making import label_files
from core_harness.data.labels.request import Columns, LabelRequest

CONTROL = "non-targeting"
_AT_ONCE = 2_000


def planted(cells: int, genes: int, perturbations: int, controls: float) -> tuple[Any, set[tuple[str, str]]]:
    """Return cells with planted effects, and the pairs that change.

    Each perturbation loses four fifths of its own gene and triples one gene in fifty; the last gene makes up
    for the difference, so that normalising by cell plants nothing more.
    """
    rng = np.random.default_rng(0)
    names = [f"G{number:05}" for number in range(genes)]
    mean = rng.gamma(0.4, 1.5, genes) + 0.01
    effects = np.ones((perturbations, genes))
    for number in range(perturbations):
        effects[number, rng.choice(genes, genes // 50, replace=False)] = 3.0
        effects[number, number] = 0.2
    mean[-1] = 2 * mean[:-1].sum()
    effects[:, -1] = 1 - (effects[:, :-1] - 1) @ mean[:-1] / mean[-1]
    who = np.where(rng.random(cells) < controls, -1, rng.integers(0, perturbations, cells))
    depth = rng.lognormal(0, 0.4, cells)
    parts = []
    for start in range(0, cells, _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        by = np.where(who[some, None] < 0, 1.0, effects[who[some]])
        parts.append(sp.csr_matrix(rng.poisson(depth[some, None] * mean * by).astype(np.float32)))
    truth = {(names[p], names[g]) for p, g in zip(*np.nonzero(effects != 1), strict=True)}
    return _cells(sp.vstack(parts, format="csr"), who, names), truth


def _cells(counts: sp.csr_matrix, who: NDArray[np.int64], names: list[str]) -> Any:
    perturbation = [CONTROL if one < 0 else names[one] for one in who]
    cells = pd.DataFrame({"gene": perturbation}, index=[f"c{number}" for number in range(len(who))])
    return anndata.AnnData(counts, obs=cells, var=pd.DataFrame(index=names))


def check(cells: int, genes: int, perturbations: int, folder: Path) -> None:
    """Print the error rate of labels, and how far p-values and calls are from those of scanpy and pdex."""
    data, truth = planted(cells, genes, perturbations, 0.25)
    data.write_h5ad(folder / "cells.h5ad")
    results = folder / "results"
    results.mkdir()
    start = time.perf_counter()
    compare_cells(folder / "cells.h5ad", Columns(), CellsRequest(), results, seed=0, tell=lambda *_: None)
    print(f"compared in {time.perf_counter() - start:.0f} s")
    ours = pl.concat(map(pl.read_parquet, sorted(results.glob("*.parquet"))))
    called = set(ours.filter(pl.col("fdr") <= 0.05).select("perturbation", "gene").rows())
    print(f"called {len(called):,}: {len(called - truth) / len(called):.3f} of them false, stated .05")
    print(f"of the {len(truth):,} that change {len(called & truth) / len(truth):.3f} are called")
    scanpy.pp.normalize_total(data, target_sum=1e4)
    scanpy.pp.log1p(data)
    few = [str(name) for name in sorted(set(data.obs["gene"]) - {CONTROL})[:5]]
    some = data[data.obs["gene"].isin([*few, CONTROL])].copy()
    scanpy.tl.rank_genes_groups(
        some, "gene", groups=few, reference=CONTROL, method="wilcoxon", tie_correct=True
    )
    theirs = pl.from_pandas(scanpy.get.rank_genes_groups_df(some, None).astype({"group": str}))
    both = ours.join(theirs, left_on=["perturbation", "gene"], right_on=["group", "names"])
    print(f"scanpy, {both.height:,} pairs: p-values differ by {_apart(both, 'p_value', 'pvals'):.1e} at most")
    start = time.perf_counter()
    theirs = pdex(data, groupby="gene", is_log1p=True, threads=1)
    both = ours.join(theirs, left_on=["perturbation", "gene"], right_on=["target", "feature"], suffix="_pdex")
    same = both.filter((pl.col("fdr") <= 0.05) == (pl.col("fdr_pdex") <= 0.05)).height
    print(f"pdex, in {time.perf_counter() - start:.0f} s: {same / both.height:.5f} of the calls agree")


def _apart(both: pl.DataFrame, one: str, other: str) -> float:
    return float(both.select((pl.col(one) - pl.col(other)).abs().max()).item())


def write_large(gigabytes: float, path: Path) -> int:
    """Write a file of about so many gigabytes, a twentieth of it controls; return its cells."""
    data, _ = planted(20_000, 5_000, 200, 0.05)
    times = max(1, round(gigabytes * 1e9 / (8 * data.X.nnz)))
    who = np.random.default_rng(1).integers(-10, 200, 20_000 * times)
    large = _cells(sp.vstack([data.X] * times, format="csr"), who, list(data.var_names))
    large.write_h5ad(path)
    return int(large.n_obs)


def label(path: Path) -> None:
    """Label a file, and print labels, peak in GB and seconds of this process."""
    start = time.perf_counter()
    manifest = label_files([path], LabelRequest(), path.with_name("labels.parquet"), tell=lambda *_: None)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(sum(manifest.counts.labels.values()), peak, time.perf_counter() - start)


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=50_000)
    parser.add_argument("--genes", type=int, default=2_000)
    parser.add_argument("--perturbations", type=int, default=150)
    parser.add_argument("--gigabytes", type=float)
    parser.add_argument("--label", type=Path)
    given = parser.parse_args()
    if given.label:
        label(given.label)
        return
    with tempfile.TemporaryDirectory() as folder:
        if given.gigabytes is None:
            check(given.cells, given.genes, given.perturbations, Path(folder))
            return
        path = Path(folder) / "large.h5ad"
        cells = write_large(given.gigabytes, path)
        print(f"{cells:,} cells, {path.stat().st_size / 1e9:.2f} GB")
        command = [sys.executable, "-P", __file__, "--label", str(path)]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        print(f"{int(out[0]):,} labels, peak {float(out[1]):.2f} GB, {float(out[2]):.0f} s")


if __name__ == "__main__":
    main()
