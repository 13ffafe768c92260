"""Results of one simulated screen, written as each tool writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

Column = pl.Expr | str
"""What a column holds: an expression, or a column of the results."""

PERTURBATIONS = ("MYC", "TP53", "KRAS", "GATA1")


def results(perturbations: tuple[str, ...] = PERTURBATIONS, genes: int = 150, seed: int = 0) -> pl.DataFrame:
    """Return ``perturbation, gene, p, fdr, lfc, mean``: a third changes; perturbed genes are among them."""
    rng = np.random.default_rng(seed)
    names = [*(f"G{number}" for number in range(genes)), *perturbations]
    frames = []
    for perturbation in perturbations:
        moved = rng.random(len(names)) < 1 / 3
        p = np.where(moved, rng.uniform(0, 0.01, len(names)), rng.uniform(0.02, 1, len(names)))
        frames.append(
            pl.DataFrame(
                {
                    "perturbation": perturbation,
                    "gene": names,
                    "p": p,
                    "fdr": np.minimum(1, p * 1.5),
                    # no ties with a threshold, which another space of numbers could tip
                    "lfc": np.where(moved, rng.normal(0, 2, len(names)), rng.normal(0, 0.15, len(names))),
                    "mean": rng.uniform(10, 500, len(names)),
                }
            )
        )
    return pl.concat(frames)


def _named(frame: pl.DataFrame, **columns: Column) -> pl.DataFrame:
    named = {name: pl.col(column) if isinstance(column, str) else column for name, column in columns.items()}
    return frame.select(expression.alias(name) for name, expression in named.items())


def _by_file(frame: pl.DataFrame, folder: Path, **columns: Column) -> list[Path]:
    """Write a file named for each perturbation, with genes in the column that R leaves without a name."""
    paths = []
    for (perturbation,), one in frame.group_by("perturbation", maintain_order=True):
        paths.append(folder / f"{perturbation}.csv")
        _named(one, **{"": "gene"}, **columns).write_csv(paths[-1], null_value="NA")
    return paths


def _one(frame: pl.DataFrame, path: Path, **columns: Column) -> list[Path]:
    table = _named(frame, **columns)
    table.write_parquet(path) if path.suffix == ".parquet" else table.write_csv(path)
    return [path]


def deseq2(frame: pl.DataFrame, folder: Path) -> list[Path]:
    error: dict[str, Column] = {"lfcSE": pl.lit(0.1), "stat": pl.lit(1.0)}
    return _by_file(frame, folder, baseMean="mean", log2FoldChange="lfc", **error, pvalue="p", padj="fdr")


def edger(frame: pl.DataFrame, folder: Path) -> list[Path]:
    return _by_file(
        frame, folder, logFC="lfc", logCPM=pl.col("mean").log(2), F=pl.lit(1.0), PValue="p", FDR="fdr"
    )


def limma(frame: pl.DataFrame, folder: Path) -> list[Path]:
    columns: dict[str, Column] = {"logFC": "lfc", "AveExpr": pl.col("mean").log(2), "t": pl.lit(1.0)}
    columns |= {"P.Value": "p", "adj.P.Val": "fdr", "B": pl.lit(0.0)}
    return _by_file(frame, folder, **columns)


def seurat(frame: pl.DataFrame, folder: Path) -> list[Path]:
    shares: dict[str, Column] = {"pct.1": pl.lit(0.5), "pct.2": pl.lit(0.4)}
    columns: dict[str, Column] = {"p_val": "p", "avg_log2FC": "lfc", **shares, "p_val_adj": "fdr"}
    return _one(frame, folder / "seurat.csv", **columns, cluster="perturbation", gene="gene")


def find_markers(frame: pl.DataFrame, folder: Path) -> list[Path]:
    shares: dict[str, Column] = {"pct.1": pl.lit(0.5), "pct.2": pl.lit(0.4)}
    columns: dict[str, Column] = {"p_val": "p", "avg_log2FC": "lfc", **shares, "p_val_adj": "fdr"}
    return _by_file(frame, folder, **columns)


def scanpy(frame: pl.DataFrame, folder: Path) -> list[Path]:
    columns: dict[str, Column] = {
        "group": "perturbation",
        "names": "gene",
        "scores": pl.lit(1.0),
        "logfoldchanges": "lfc",
    }
    index = pl.int_range(pl.len())  # as pandas writes it
    return _one(frame, folder / "scanpy.csv", **{"": index}, **columns, pvals="p", pvals_adj="fdr")


def pdex_linear(frame: pl.DataFrame, folder: Path) -> list[Path]:
    ratio = pl.lit(2.0).pow(pl.col("lfc"))
    columns: dict[str, Column] = {"target": "perturbation", "feature": "gene", "reference_mean": pl.lit(0.3)}
    return _one(frame, folder / "pdex1.parquet", **columns, fold_change=ratio, p_value="p", fdr="fdr")


def pdex_log2(frame: pl.DataFrame, folder: Path) -> list[Path]:
    columns: dict[str, Column] = {"target": "perturbation", "feature": "gene", "ref_mean": pl.lit(0.3)}
    cells: dict[str, Column] = {"target_membership": pl.lit(120), "ref_membership": pl.lit(4000)}
    return _one(
        frame, folder / "pdex2.parquet", **columns, **cells, fold_change="lfc", p_value="p", fdr="fdr"
    )


def pdex(frame: pl.DataFrame, folder: Path) -> list[Path]:
    columns: dict[str, Column] = {"target": "perturbation", "feature": "gene", "log2_fold_change": "lfc"}
    return _one(frame, folder / "pdex3.csv", **columns, p_value="p", fdr="fdr")


def cell_eval(frame: pl.DataFrame, folder: Path) -> list[Path]:
    columns: dict[str, Column] = {
        "target": "perturbation",
        "feature": "gene",
        "log2_fold_change": "lfc",
        "p_adj": "fdr",
    }
    return _one(frame, folder / "de.csv", **columns)


def pie(frame: pl.DataFrame, folder: Path) -> list[Path]:
    columns: dict[str, Column] = {
        "context": pl.lit("unspecified"),
        "pert": "perturbation",
        "gene_symbol": "gene",
    }
    return _one(frame, folder / "pie.parquet", **columns, fdr="fdr", fold_change=pl.col("lfc") * np.log(2))


TOOLS: dict[str, Callable[[pl.DataFrame, Path], list[Path]]] = {
    "DESeq2": deseq2,
    "edgeR": edger,
    "limma": limma,
    "Seurat": seurat,
    "Seurat, by file": find_markers,
    "scanpy": scanpy,
    "pdex 0.1": pdex_linear,
    "pdex 0.2": pdex_log2,
    "pdex": pdex,
    "cell-eval": cell_eval,
}
"""Those whose tables need no option."""
