"""Values of nodes: exactly one each, or an error about the first that has none or several."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from core_harness.errors import DataError
from core_harness.knowledge.rdf.vocabulary import short


def the_only(
    statements: pl.DataFrame, nodes: pl.Series, predicate: str, path: Path, kind: str
) -> pl.DataFrame:
    """Return ``node, value, literal``: the one object that each of the ``nodes`` has.

    ``kind`` is what a message calls the nodes. Raises :class:`~core_harness.errors.DataError` where a
    node has none, or several.
    """
    found = at_most_one(statements, nodes, predicate, path, kind)
    refuse(
        nodes.unique().alias("node").to_frame().join(found, on="node", how="anti"),
        path,
        f"{kind} {{node}} has no {short(predicate)}; add it, or delete what is said about the node",
    )
    return found


def at_most_one(
    statements: pl.DataFrame, nodes: pl.Series, predicate: str, path: Path, kind: str
) -> pl.DataFrame:
    """Return ``node, value, literal`` of those of the ``nodes`` that have an object, which is their only one.

    Raises :class:`~core_harness.errors.DataError` where a node has several.
    """
    wanted = nodes.unique().alias("node").to_frame()
    said = statements.filter(pl.col("predicate") == predicate).select(
        pl.col("subject").alias("node"), pl.col("object").alias("value"), "literal"
    )
    found = said.join(wanted, on="node", how="semi").unique()
    several = found.filter(pl.col("node").is_duplicated()).group_by("node").agg(pl.col("value").sort())
    refuse(
        several.select("node", pl.col("value").list.get(0).alias("one"), pl.col("value").list.get(1)),
        path,
        f"{kind} {{node}} has several {short(predicate)}: {{one!r}} and {{value!r}}; keep one",
    )
    return found


def labels_of(
    statements: pl.DataFrame, nodes: pl.Series, predicate: str, path: Path, kind: str
) -> pl.DataFrame:
    """Return ``node, name``: the one text that each of the ``nodes`` has, which is not empty."""
    labels = the_only(statements, nodes, predicate, path, kind)
    what = f"the {short(predicate)} of {kind} {{node}}"
    entities = labels.filter(~pl.col("literal")).select("node", "value")
    refuse(entities, path, f"{what} is the entity {{value}}, not a text; correct it")
    empty = labels.filter(pl.col("value").str.strip_chars() == "").select("node")
    refuse(empty, path, f"{what} is empty; fill it")
    return labels.select("node", pl.col("value").alias("name"))


def refuse(bad: pl.DataFrame, path: Path, problem: str) -> None:
    """Raise :class:`~core_harness.errors.DataError` about the first of the ``bad`` rows, if there are any.

    ``problem`` has names of columns in braces.
    """
    if bad.is_empty():
        return
    first = bad.sort(bad.columns).row(0, named=True)
    more = f" ({bad.height} such cases)" if bad.height > 1 else ""
    raise DataError(f"{path}: {problem.format(**first)}{more}")
