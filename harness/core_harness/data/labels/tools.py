"""Which tool wrote a table of differential expression, as its columns tell."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from core_harness.vocabulary import FoldChangeSpace

INDEX = ("", "unnamed: 0", "rownames", "row.names", "row_names", "index", "...1")
"""What columns are called that had no name: in R, pandas, readr."""

GENES = (
    "gene",
    "gene_symbol",
    "symbol",
    "gene_name",
    "feature",
    "genes",
    "names",
    "gene_id",
    "ensembl",
    *INDEX,
)
PERTURBATIONS = (
    "perturbation",
    "pert",
    "target",
    "group",
    "cluster",
    "drug",
    "treatment",
    "condition",
    "contrast",
)
CELLS = ("n_cells", "cells", "num_cells", "ncells", "target_membership")
KNOCKDOWN = ("knockdown", "target_knockdown", "knockdown_efficiency")
"""Names of columns, in small letters, the first that is there counts."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """How a tool names its columns, in small letters.

    Attributes
    ----------
    name
        The tool.
    fdr, fold_change
        Columns of the adjusted p-value and of the fold change.
    space
        What the fold change is: a ratio or its logarithm; None where only the caller can know.
    marks
        Further columns by which the tool is known.
    p_value, expression
        Columns that it may have; empty for none.
    genes, perturbations
        Columns of names, the first that is there.
    counts
        Whether ``expression`` is a mean of counts, for which the threshold of a preset is meant.
    note
        What a reader of its labels should know.
    """

    name: str
    fdr: str
    fold_change: str
    space: FoldChangeSpace | None = "log2"
    marks: tuple[str, ...] = ()
    p_value: str = ""
    expression: str = ""
    genes: tuple[str, ...] = GENES
    perturbations: tuple[str, ...] = PERTURBATIONS
    counts: bool = False
    note: str = ""

    @property
    def columns(self) -> frozenset[str]:
        """The columns without which a table is not of this tool."""
        return frozenset({self.fdr, self.fold_change, *self.marks})


_BONFERRONI = (
    "adjusted p-values of Seurat are Bonferroni's over all genes: fewer rows are significant than by FDR"
)

TOOLS = (
    Tool(
        name="DESeq2",
        fdr="padj",
        fold_change="log2foldchange",
        p_value="pvalue",
        marks=("basemean",),
        expression="basemean",
        counts=True,
    ),
    Tool(
        name="edgeR", fdr="fdr", fold_change="logfc", p_value="pvalue", marks=("pvalue",), expression="logcpm"
    ),
    Tool(name="limma", fdr="adj.p.val", fold_change="logfc", p_value="p.value", expression="aveexpr"),
    Tool(name="Seurat", fdr="p_val_adj", fold_change="avg_log2fc", p_value="p_val", note=_BONFERRONI),
    Tool(
        name="Seurat 3",
        fdr="p_val_adj",
        fold_change="avg_logfc",
        space="ln",
        p_value="p_val",
        note=_BONFERRONI,
    ),
    Tool(
        name="scanpy",
        fdr="pvals_adj",
        fold_change="logfoldchanges",
        p_value="pvals",
        marks=("names",),
        genes=("names",),
        perturbations=("group", *PERTURBATIONS),
        note="scanpy's fold changes are of means of logarithms, and its Wilcoxon test corrects for ties only "
        "where tie_correct=True",
    ),
    Tool(
        name="pdex 0.1",
        fdr="fdr",
        fold_change="fold_change",
        space="linear",
        marks=("target", "feature", "reference_mean"),
        expression="reference_mean",
        note="pdex 0.1 corrects over the whole table, later versions by perturbation",
        p_value="p_value",
    ),
    Tool(
        name="pdex 0.2",
        fdr="fdr",
        fold_change="fold_change",
        marks=("target", "feature", "ref_mean"),
        expression="ref_mean",
        p_value="p_value",
    ),
    Tool(
        name="pdex",
        fdr="fdr",
        fold_change="log2_fold_change",
        marks=("target", "feature"),
        expression="ref_mean",
        p_value="p_value",
    ),
    Tool(
        name="cell-eval",
        fdr="p_adj",
        fold_change="log2_fold_change",
        marks=("target", "feature"),
        p_value="p_value",
    ),
    Tool(
        name="PIE",
        fdr="fdr",
        fold_change="fold_change",
        space=None,
        marks=("gene_symbol",),
        p_value="p_value",
        genes=("gene_symbol",),
    ),
)
"""In the order in which they are tried."""

OTHER = Tool(name="mapped by options", fdr="fdr", fold_change="fold_change", space=None, p_value="p_value")
"""A table of no known tool."""


def recognise(columns: Collection[str]) -> Tool | None:
    """Return the tool that names its columns so, in any case; None where none does."""
    there = {column.casefold() for column in columns}
    return next((tool for tool in TOOLS if tool.columns <= there), None)
