"""``core-harness data label``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from core_harness.cli.options.forms import json_option
from core_harness.cli.options.values import refuse_others, seed_option
from core_harness.vocabulary import CellTest, FoldChangeSpace, Halves, Negatives, Preset

if TYPE_CHECKING:
    from core_harness.data.labels.request import LabelRequest

_ROLES = {
    "context": "contexts",
    "perturbation": "perturbations",
    "gene": "genes",
    "p_value": "p-values",
    "fdr": "adjusted p-values",
    "fold_change": "fold changes",
    "expression": "expression, for --none-expression",
    "cells": "numbers of cells",
    "knockdown": "knockdown of the target",
}
_THRESHOLDS = {
    "fdr": "Largest FDR of a change.",
    "fold_change": "Smallest log2 fold change of a change.",
    "none_fdr": "Smallest FDR of a negative.",
    "none_fold_change": "Log2 fold change that a negative stays below.",
    "none_expression": "Smallest expression of a negative (DESeq2's baseMean, or --expression-column).",
}

_CELLS = (
    ("--control", str, "NAME", "Of single cells: the perturbation that controls have."),
    ("--batch-column", str, "NAME", "Column of batches, from which matching controls are taken."),
    ("--layer", str, "NAME", "Layer with the expression, in place of X."),
    (
        "--test",
        click.Choice(get_args(CellTest)),
        None,
        "How cells are compared: wilcoxon unless given, or sums of counts by batch.",
    ),
    ("--least-cells", click.IntRange(min=2), "N", "Cells that a perturbation must have; 10 unless given."),
    ("--equal-cells", click.IntRange(min=2), "N", "Cells that are drawn of each perturbation."),
    (
        "--replicates",
        click.Choice(get_args(Halves)),
        None,
        "Halves of cells, or of batches, that repeat the experiment for reports: five draws.",
    ),
    ("--guide-column", str, "NAME", "Column of guides, which are kept apart where cells are halved."),
)


def _column_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for role, what in reversed(_ROLES.items()):
        option = f"--{role.replace('_', '-')}-column"
        command = click.option(
            option, f"column_{role}", default="", metavar="NAME", help=f"Column of {what}."
        )(command)
    return command


def _threshold_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for name, what in reversed(_THRESHOLDS.items()):
        option = f"--{name.replace('_', '-')}"
        command = click.option(option, f"threshold_{name}", type=float, metavar="X", help=what)(command)
    return command


def _cell_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option, kind, metavar, what in reversed(_CELLS):
        name = "cells_" + option.removeprefix("--").removesuffix("-cells").removesuffix("-column")
        command = click.option(option, name, type=kind, metavar=metavar, help=what)(command)
    return command


@click.command("label")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Table to write, .csv or .parquet; labels.csv unless given.",
)
@click.option(
    "--preset",
    type=click.Choice(get_args(Preset)),
    default="banded",
    show_default=True,
    help="Thresholds by name; simple: FDR alone.",
)
@_threshold_options
@_column_options
@_cell_options
@click.option(
    "--fold-change-space",
    type=click.Choice(get_args(FoldChangeSpace)),
    help="What fold changes are, where the tool does not say.",
)
@click.option(
    "--from-path",
    default="",
    metavar="PATTERN",
    help="What folders and files are named for, e.g. '{context}/{perturbation}_*'.",
)
@click.option(
    "--negatives",
    type=click.Choice(get_args(Negatives)),
    default="check",
    show_default=True,
    help="What is done where a table seems not to list all that was tested: refuse it, trust it, or write "
    "changed genes alone.",
)
@click.option(
    "--prevalence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help="Share of changed rows down to which negatives are drawn, equal rows a perturbation.",
)
@click.option(
    "--rows-per-perturbation",
    "rows",
    type=click.IntRange(min=1),
    metavar="N",
    help="Rows that are drawn for each perturbation, in place of --prevalence.",
)
@click.option(
    "--split",
    default="",
    metavar="AXIS=SHARE",
    help="Names held out as test: perturbation=.25, context=.25 or perturbation+gene=.25.",
)
@click.option(
    "--replicate",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Results or cells of another screen of the same context, which repeats this one. May be repeated.",
)
@seed_option
@click.option(
    "--again",
    type=click.Path(path_type=Path),
    metavar="MANIFEST",
    help="Manifest whose table is made again.",
)
@json_option
def label_command(
    *,
    files: tuple[Path, ...],
    output: Path | None,
    replicate: tuple[Path, ...],
    again: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Label results of differential expression as up, down or none.

    Takes tables of DESeq2, edgeR, limma, Seurat, scanpy, pdex, cell-eval and PIE as they are, others with
    --fdr-column, --fold-change-column and --fold-change-space, and files of single cells (.h5ad, extra
    anndata), which are compared with their controls by Wilcoxon's test or as sums by batch. What was not
    tested, or is not clear, is ambiguous: left out, and counted. A manifest beside the table makes it again.
    """
    from core_harness.cli.output.labels import print_labels
    from core_harness.cli.output.progress import watching
    from core_harness.data.labels.making import label_again, label_files
    from core_harness.errors import UsageError

    if again is not None:
        refuse_others({"again", "output", "as_json"}, "does not go with --again, which has all of it")
    elif not files:
        raise UsageError("name the files to label, or a manifest with --again")
    with watching() as (tell, _):
        if again is not None:
            manifest, written = label_again(again, output, tell=tell)
        else:
            written = output or Path("labels.csv")
            manifest = label_files(files, _request(options), written, tell=tell, replicate=replicate)
    if as_json:
        click.echo(manifest.model_dump_json(indent=2))
    else:
        print_labels(manifest, written)


def _request(options: dict[str, Any]) -> LabelRequest:
    """Return what the options ask for."""
    from core_harness.data.labels.cells.request import CellsRequest
    from core_harness.data.labels.request import Columns, LabelRequest
    from core_harness.data.labels.rule import thresholds_of

    def of(kind: str) -> dict[str, Any]:
        return {name.removeprefix(kind): options.pop(name) for name in list(options) if name.startswith(kind)}

    columns, thresholds = of("column_"), of("threshold_")
    cells = {name: value for name, value in of("cells_").items() if value is not None}
    return LabelRequest(
        columns=Columns(**columns),
        cells=CellsRequest(**cells),
        thresholds=thresholds_of(options["preset"], thresholds),
        **options,
    )
