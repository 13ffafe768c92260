"""Rows as a dataset returns them, its own and those of its other contexts."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from core_harness.data.tables import check_rows
from core_harness.errors import UsageError, unknown
from core_harness.plugins.component import Instance
from core_harness.plugins.guard import call
from core_harness.plugins.protocols import OffersContexts
from core_harness.schemas import ROWS, check


def checked_rows(returned: object, dataset: Instance, where: str) -> pl.DataFrame:
    """Return what a dataset returned as checked :data:`~core_harness.schemas.ROWS`; ``where`` names it."""
    return check_rows(check(returned, ROWS, dataset.name), where=where)


def train_rows_elsewhere(
    dataset: Instance, rows: pl.DataFrame, name: str, where: str
) -> tuple[str, pl.DataFrame]:
    """Return another context's own name and its train rows, as far as they are not among ``rows`` already.

    So one list of contexts serves several datasets: each leaves out its own.
    """
    contexts = rows["context"].unique().to_list()
    if name in contexts:
        return name, rows.clear()
    other = rows_elsewhere(dataset, name, contexts, where)
    return str(other["context"][0]), other.filter(pl.col("split") == "train")


def rows_elsewhere(dataset: Instance, name: str, own: Sequence[str], where: str) -> pl.DataFrame:
    """Return the checked rows of another context of a dataset, in either split.

    Raises :class:`UsageError` where the dataset offers no such context, or has it among its ``own``.
    """
    other = call(dataset, "other_context", name) if isinstance(dataset.object, OffersContexts) else None
    if other is None:
        raise UsageError(f"{unknown('context', name, own)} of {where}")
    rows = checked_rows(other, dataset, where)
    if (found := str(rows["context"][0])) in own:
        raise UsageError(f"{found!r} is a context of {where} itself; name another")
    return rows
