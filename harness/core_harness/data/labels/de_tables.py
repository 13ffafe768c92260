"""Tables of differential expression as :data:`~core_harness.data.labels.rule.RESULTS`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from core_harness.data.labels.request import Columns, LabelRequest
from core_harness.data.labels.rule import RESULTS
from core_harness.data.labels.tools import CELLS, INDEX, KNOCKDOWN, OTHER, TOOLS, Tool, recognise
from core_harness.data.tables.reading import TEXT, find_column, format_of, shown
from core_harness.data.tables.rows import LIKE_CONTEXT
from core_harness.data.tables.scanning import Scanned, numbers, scan_table, unreadable
from core_harness.errors import DataError, UsageError
from core_harness.vocabulary import FoldChangeSpace

UNSPECIFIED = "unspecified"
"""The context of a table that names none."""

UNREADABLE = "unreadable"
"""A column of scanned results: what stands where a number is wanted, null where nothing is wrong."""

_NUMBERS = {"p_value", "fdr", "fold_change", "expression", "cells", "knockdown"}


@dataclass(frozen=True, kw_only=True)
class Results:
    """Results of tests, lazily, whatever they come from.

    Attributes
    ----------
    frame
        :data:`~core_harness.data.labels.rule.RESULTS`, and perhaps :data:`UNREADABLE`.
    origin
        The file.
    tool
        What made them, and ``note`` what should be known of that.
    columns
        Which column each was read from.
    space
        What the fold change was, before it became log2.
    expressed
        Whether the threshold on expression applies: to a mean of counts, or to the column that the caller
        names.
    """

    frame: pl.LazyFrame
    origin: Path
    tool: str
    note: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    space: FoldChangeSpace = "log2"
    expressed: bool = False


def scan_results(path: Path, request: LabelRequest, scratch: Path) -> Results:
    """Return the results in a file, by the columns of its tool or by those that the caller names.

    ``scratch`` is a folder for what has to be unpacked. Raises :class:`~core_harness.errors.DataError`
    where the file is no such table, :class:`~core_harness.errors.UsageError` where only the caller can say
    what it means.
    """
    table = scan_table(path, scratch)
    there = table.first.columns
    tool = recognise(there) or _mapped(there, request, path)
    named = _named_by_path(path, request.from_path)
    columns = _columns(table, tool, request.columns, path)
    if "context" not in columns.keys() | named.keys():
        columns |= _like_context(there, path)
    if "perturbation" not in columns and "perturbation" not in named:
        if request.from_path:
            raise UsageError(f"{path}: no column names the perturbation, and --from-path does not either")
        named["perturbation"] = _stem(path)
    space = request.fold_change_space or tool.space
    if space is None:
        raise UsageError(
            f"{path}: is column {columns['fold_change']!r} a ratio or a logarithm? say "
            "--fold-change-space linear, log2 or ln"
        )
    return Results(
        frame=_canonical(table, columns, named, space),
        origin=path,
        tool=tool.name,
        note=tool.note,
        columns=columns | {name: f"path: {value}" for name, value in named.items()},
        space=space,
        expressed="expression" in columns and (tool.counts or bool(request.columns.expression)),
    )


def _mapped(there: Sequence[str], request: LabelRequest, path: Path) -> Tool:
    if request.columns.fdr and request.columns.fold_change:
        return OTHER
    names = ", ".join(dict.fromkeys(tool.name for tool in TOOLS))
    listing = ", ".join(column for column in there if column)[:200]
    raise DataError(
        f"{path} is no table of a tool that is known here ({names}); say --fdr-column, "
        f"--fold-change-column and --fold-change-space (columns: {listing})"
    )


def _columns(table: Scanned, tool: Tool, given: Columns, path: Path) -> dict[str, str]:
    """Return the column of each role that there is one for."""
    there = pl.DataFrame(schema=dict.fromkeys(table.first.columns, pl.String))
    candidates: dict[str, Sequence[str]] = {
        "context": ["context"],
        "perturbation": tool.perturbations,
        "gene": tool.genes,
        "p_value": [tool.p_value] if tool.p_value else [],
        "fdr": [tool.fdr],
        "fold_change": [tool.fold_change],
        "expression": [tool.expression] if tool.expression else [],
        "cells": CELLS,
        "knockdown": KNOCKDOWN,
    }
    columns = {}
    for role, names in candidates.items():
        if wanted := getattr(given, role):
            columns[role] = find_column(there, wanted.casefold(), path=path)
        elif found := _first(table.first.columns, names):
            columns[role] = found[0]
    if "gene" not in columns:
        raise DataError(f"{path}: no column names the genes; say --gene-column")
    _refuse_row_numbers(table.first, columns["gene"], path)
    for role in ("context", "perturbation", "gene"):
        kind = table.first.schema[columns[role]] if role in columns else pl.String()
        if not (kind in TEXT or kind.is_integer()):
            raise DataError(
                f"{path}, column {columns[role]!r}: values of type {kind} are no names; write text"
            )
    return columns


def _like_context(there: Sequence[str], path: Path) -> dict[str, str]:
    """Return the column that says in what was measured, by another name than ``context``."""
    alike = _first(there, LIKE_CONTEXT)
    if len(alike) > 1:
        raise DataError(
            f"{path}: columns {' and '.join(map(repr, alike))} may each say in what was measured; say "
            f"--context-column {alike[0]}"
        )
    return {"context": alike[0]} if alike else {}


def _first(there: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the columns that are called by one of ``names``, in the order of these."""
    return [column for name in names for column in there if column.casefold() == name]


def _refuse_row_numbers(first: pl.DataFrame, column: str, path: Path) -> None:
    if column.casefold() in INDEX:
        start = first[column].cast(pl.String)[:3].to_list()
        if start in (["0", "1", "2"], ["1", "2", "3"]):
            raise DataError(
                f"{path}: the first column counts rows, and none names the genes; write them with it"
            )


def _stem(path: Path) -> str:
    suffix, packed = format_of(path)
    return path.name[: -len(suffix) - (len(".gz") if packed else 0)]


def _named_by_path(path: Path, pattern: str) -> dict[str, str]:
    """Return what the end of a path says by a pattern of folders and the name of the file."""
    if not pattern:
        return {}
    parts = re.split(r"(\{context\}|\{perturbation\}|\*)", pattern)
    known = {"{context}": r"(?P<context>[^/]+)", "{perturbation}": r"(?P<perturbation>[^/]+)", "*": "[^/]*"}
    try:
        form = re.compile("".join(known.get(part) or re.escape(part) for part in parts))
    except re.error:
        raise UsageError(f"--from-path {pattern!r} names one thing twice") from None
    if not form.groupindex:
        raise UsageError(f"--from-path {pattern!r} names nothing; write e.g. '{{context}}/{{perturbation}}'")
    folders = [*Path(os.path.normpath(path.absolute())).parent.parts, _stem(path)]
    end = "/".join(folders[-(pattern.count("/") + 1) :])
    found = form.fullmatch(end)
    if found is None:
        raise DataError(f"{path} does not end as --from-path {pattern!r} says")
    return found.groupdict()


def _canonical(
    table: Scanned, columns: dict[str, str], named: dict[str, str], space: FoldChangeSpace
) -> pl.LazyFrame:
    kinds = table.first.schema
    of_numbers = {role: column for role, column in columns.items() if role in _NUMBERS}
    comma = table.decimal_comma
    values = {
        role: numbers(column, kinds[column], decimal_comma=comma) for role, column in of_numbers.items()
    }
    if "fold_change" in values:
        values["log2_fold_change"] = _as_log2(values.pop("fold_change"), space)
    names = {role: _name(column) for role, column in columns.items() if role not in _NUMBERS}
    names |= {role: pl.lit(value) for role, value in named.items()}
    names.setdefault("context", pl.lit(UNSPECIFIED))
    wrong = [unreadable(column, kinds[column], decimal_comma=comma) for column in of_numbers.values()]
    if space == "linear":
        ratio = numbers(columns["fold_change"], kinds[columns["fold_change"]], decimal_comma=comma)
        wrong.append(pl.when(ratio < 0).then(pl.lit("a ratio below 0")))
    everything = values | names
    return table.frame.select(
        *(everything.get(name, pl.lit(None)).cast(kind).alias(name) for name, kind in RESULTS.items()),
        pl.coalesce(wrong).alias(UNREADABLE),
    )


def _as_log2(value: pl.Expr, space: FoldChangeSpace) -> pl.Expr:
    if space == "linear":
        return value.log(2).fill_nan(None)
    return value / pl.lit(2.0).log() if space == "ln" else value


def _name(column: str) -> pl.Expr:
    text = pl.col(column).cast(pl.String).str.strip_chars()
    return pl.when(text.str.to_lowercase().is_in(["", "na", "nan", "null"])).then(None).otherwise(text)


def wrong_numbers(part: pl.LazyFrame) -> Iterator[str]:
    """Yield what is wrong with the numbers of results, for a message."""
    if UNREADABLE in part.collect_schema():
        for value in part.filter(pl.col(UNREADABLE).is_not_null()).head(1).collect()[UNREADABLE]:
            yield f"{shown(value)} is no number"
    out = part.filter((pl.col("fdr") < 0) | (pl.col("fdr") > 1)).head(1).collect()["fdr"]
    for value in out:
        yield f"an adjusted p-value is {value:g}; it lies between 0 and 1 (is it a logarithm?)"
