"""What flows through the pipeline: single things as frozen dataclasses, many things as polars frames.

Every frame has a declared schema, checked at the stage it passes. Extra columns ride along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl
from polars.datatypes import DataTypeClass

from core_harness.errors import PluginError
from core_harness.vocabulary import Agent, Question, Regime, Undeclared

Need = Literal["relations", "evidence", "answers", "grades"]
"""What organizers give and aggregators need. ``grades`` are of neighbours, and weigh the evidence."""

Scores = Literal["probabilities", "ranks"]
"""What the scores of an aggregator are: probabilities, or numbers of which only the order counts."""

Reads = Literal["names", "support"]
"""What the relations of a retriever depend on: names and the graph alone, or also what was measured."""

Schema = Mapping[str, pl.DataType | type[pl.DataType]]

ROWS: Schema = {
    "context": pl.String,
    "perturbation": pl.String,
    "gene": pl.String,
    "label": pl.UInt8,
    "split": pl.String,
}
"""Dataset stage: one measured pair a row; ``label`` is 0 or 1, ``split`` is ``train`` or ``test``."""

SUPPORT: Schema = {"context": pl.String, "perturbation": pl.String, "gene": pl.String, "label": pl.UInt8}
"""Measured pairs that methods may learn from."""

PAIRS: Schema = {"pair_id": pl.UInt32, "context": pl.String, "perturbation": pl.String, "gene": pl.String}
"""Queries: pairs whose label stays in the pipeline."""

RELATIONS: Schema = {"perturbation": pl.String, "neighbour": pl.String, "weight": pl.Float64}
"""Retriever stage: a query's perturbation, a measured one, and how related they are (finite, >= 0).

A relation speaks for the support rows of its neighbour: in every context in which it was measured, or in
one. A retriever may say which, and why, in the columns of :data:`RELATION_DETAILS` and in a struct column
``layers``: what each layer of the graph alone would say, a finite float or null a layer.
"""

RELATION_DETAILS: Schema = {"neighbour_context": pl.String, "via": pl.String, "direct": pl.Float64}
"""Columns that relations may have, null where there is nothing to say.

``neighbour_context`` is the one context that the relation speaks for. Null, or without the column, it
speaks for every context in which the neighbour was measured, so that a retriever that knows nothing of
contexts need not list them. A unit (neighbour, context) is related once, by name or by null. A perturbation
may be related to itself in another context, which has to be named, and never in its own.

``via`` is the measured perturbation through which a relation came, where it is not a direct one. ``direct``
is the part of the weight that did not come through others.
"""

RELATED: Schema = {
    "perturbation": pl.String,
    "neighbour": pl.String,
    "context": pl.String,
    "weight": pl.Float64,
}
"""Relations as evidence uses them: one row a related unit (neighbour, context) that was measured."""

EVIDENCE: Schema = {
    "pair_id": pl.UInt32,
    "neighbour": pl.String,
    "context": pl.String,
    "gene": pl.String,
    "label": pl.UInt8,
    "weight": pl.Float64,
}
"""One support row that speaks about one query; ``context`` is that of the row, and so of the neighbour."""

TOTALS: Schema = {
    "pair_id": pl.UInt32,
    "n_pos": pl.UInt32,
    "n_neg": pl.UInt32,
    "w_pos": pl.Float64,
    "w_neg": pl.Float64,
    "w_all": pl.Float64,
}
"""Evidence summed by query: how many neighbours moved the gene, how many did not, and their weight.

``w_all`` is the weight of all related units, measured on the gene or not: ``w_all - w_pos - w_neg`` is the
weight of those that were not, up to rounding. Rows that a cut took away are in none of the sums.
"""

PREDICTIONS: Schema = {"pair_id": pl.UInt32, "score": pl.Float64, "status": pl.String}
"""Aggregator stage: ``score`` is the predicted probability of label 1, null where there is none.

Scores that only rank (``Scores`` is ``ranks``) may be any finite number.
"""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is asked of every component of a run. It grows here, never in a signature.

    Attributes
    ----------
    dataset
        The dataset as the user named it.
    question
        ``de``: is the gene differentially expressed? ``dir``: among those that are, is it up?
    agent
        What the perturbation is.
    regime
        What the support may hold. ``unseen-perturbation``: the train rows of the query's own context.
        ``cross-context``: also those of ``support_contexts``. ``unseen-context`` and ``unseen-both``: those
        of ``support_contexts`` alone. ``unseen-gene``: those of its own context, without the genes that are
        asked about.
    support_contexts
        Contexts whose train rows are support; empty where the regime has no other context than the own.
    gene_holdout
        Share of the genes that leave the support and are asked about; None unless ``unseen-gene``.
    seed
        Of everything that draws at random.
    simulated
        Whether the data were generated; every figure made from them says so.
    """

    dataset: str
    question: Question
    agent: Agent
    regime: Regime | Undeclared
    seed: int
    simulated: bool
    support_contexts: tuple[str, ...] = ()
    gene_holdout: float | None = None


@dataclass(frozen=True, kw_only=True)
class Block:
    """Whole query perturbations of one context, with the support that may speak about them.

    Attributes
    ----------
    context
        The context (cell line, tissue) of all ``pairs``.
    pairs
        Frame of :data:`PAIRS`, sorted by (perturbation, gene). No labels.
    support
        Frame of :data:`SUPPORT`, sorted by (context, perturbation, gene). In some regimes it holds other
        contexts than the block's own, or no other than these.
    """

    context: str
    pairs: pl.DataFrame
    support: pl.DataFrame

    @property
    def perturbations(self) -> list[str]:
        """Query perturbations, sorted."""
        return self.pairs["perturbation"].unique().sort().to_list()

    @property
    def candidates(self) -> list[str]:
        """Measured perturbations that a retriever may relate to the queries, sorted."""
        return self.support["perturbation"].unique().sort().to_list()


def simulated_parts(*, data: bool, answers: bool) -> tuple[str, ...]:
    """Return what a program made up: ``data``, ``answers``, both, or nothing. Every figure says so."""
    return tuple(part for part, made_up in {"data": data, "answers": answers}.items() if made_up)


def frame(schema: Schema, rows: Mapping[str, Iterable[Any]] | Iterable[Any]) -> pl.DataFrame:
    """Return a frame of a schema, such as :data:`RELATIONS` or ``core_harness.llm.PROMPTS``.

    Parameters
    ----------
    schema
        Columns and their types.
    rows
        Rows as mappings by column; or rows as sequences in the order of the schema; or one mapping of
        columns, as lists, arrays or Series, or a frame. Further columns ride along, where rows name them.
        None is a missing value.

    Raises
    ------
    ValueError
        A column is missing, a row has another length, or a value does not fit: one line with column and row.
    """
    if isinstance(rows, pl.DataFrame):
        return _of_columns(schema, rows.to_dict())
    if isinstance(rows, Mapping):
        return _of_columns(schema, rows)
    listed = list(rows)
    if not listed:
        return pl.DataFrame(schema=dict(schema))
    if not isinstance(listed[0], Mapping):
        for at, row in enumerate(listed):
            if isinstance(row, str) or not isinstance(row, Sequence) or len(row) != len(schema):
                raise ValueError(f"row {at} is {row!r:.60}, wanted {len(schema)} values: {', '.join(schema)}")
        return _of_columns(schema, {name: [row[at] for row in listed] for at, name in enumerate(schema)})
    names = dict.fromkeys([*schema, *(name for row in listed for name in row)])
    for at, row in enumerate(listed):
        if missing := [name for name in schema if name not in row]:
            raise ValueError(f"row {at} has no {missing[0]!r} (it has: {', '.join(map(str, row))})")
    return _of_columns(schema, {name: [row.get(name) for row in listed] for name in names})


def _of_columns(schema: Schema, columns: Mapping[str, Iterable[Any]]) -> pl.DataFrame:
    for name in schema:
        if name not in columns:
            raise ValueError(f"no column {name!r} (got: {', '.join(columns)})")
    for name, values in columns.items():
        if isinstance(values, str) or not isinstance(values, Iterable):
            said = f"column {name!r} is {values!r:.60}, wanted a list, an array or a Series"
            raise ValueError(said)  # noqa: TRY004 - as for all else that does not fit
    made = {
        name: _column(name, values, schema[name]) if name in schema else pl.Series(name, values)
        for name, values in columns.items()
    }
    heights = {name: len(column) for name, column in made.items()}
    if len(set(heights.values())) > 1:
        raise ValueError(f"columns of different lengths: {', '.join(f'{n} {h}' for n, h in heights.items())}")
    return pl.DataFrame(made).select(*schema, *(name for name in made if name not in schema))


def _column(name: str, values: Iterable[Any], wanted: pl.DataType | type[pl.DataType]) -> pl.Series:
    listed = values.to_list() if isinstance(values, pl.Series) else list(values)
    if isinstance(wanted, pl.List):
        for at, value in enumerate(listed):
            if isinstance(value, str):  # polars would make a list of its letters
                raise ValueError(f"column {name!r}, row {at}: {value!r:.60} is a text, wanted {wanted}")  # noqa: TRY004
        # polars would make arrays of numpy its own, whatever is wanted
        listed = [value.tolist() if hasattr(value, "tolist") else value for value in listed]
    try:
        return pl.Series(name, listed, dtype=wanted, strict=True)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        at = next((at for at, value in enumerate(listed) if not _fits(value, wanted)), 0)
        raise ValueError(f"column {name!r}, row {at}: {listed[at]!r:.60} does not fit {wanted}") from None


def _fits(value: Any, wanted: pl.DataType | type[pl.DataType]) -> bool:
    try:
        pl.Series([value], dtype=wanted, strict=True)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        return False
    return True


def check(frame: object, schema: Schema, component: str) -> pl.DataFrame:
    """Return ``frame`` with the declared columns first, in their declared types.

    Integers and floats of another width are converted where nothing is lost, in lists too. Raises
    :class:`~core_harness.errors.PluginError` naming component, column, wanted and got.
    """
    if not isinstance(frame, pl.DataFrame):
        raise PluginError(f"{component} returned {type(frame).__name__}, wanted a polars DataFrame")
    for column, wanted in schema.items():
        if column not in frame.columns:
            raise PluginError(f"{component} returned no column {column!r} (got: {', '.join(frame.columns)})")
        got = frame.schema[column]
        if got == wanted:
            continue
        if not _alike(got, wanted):
            raise PluginError(f"{component}: column {column!r} is {got}, wanted {wanted}")
        try:
            frame = frame.with_columns(pl.col(column).cast(wanted))
        except pl.exceptions.InvalidOperationError as error:
            raise PluginError(f"{component}: column {column!r} does not fit {wanted}: {error}") from None
    return frame.select(*schema, *(c for c in frame.columns if c not in schema))


def in_order(frame: pl.DataFrame, by: Sequence[str]) -> bool:
    """Return whether each row is above the one before by these columns: sorted, and no two alike."""
    tied = above = pl.repeat(True, max(frame.height - 1, 0), dtype=pl.Boolean, eager=True)
    above = ~above
    for column in by:
        now, before = frame[column].slice(1), frame[column].slice(0, len(tied))
        above |= tied & (now > before).fill_null(False)
        tied &= (now == before).fill_null(False)
    return bool(above.all())


def _alike(got: pl.DataType, wanted: pl.DataType | DataTypeClass) -> bool:
    """Return whether values of one type can be cast to the other without a loss, but for their range."""
    if isinstance(got, pl.List) and isinstance(wanted, pl.List):
        inner = got.inner
        assert isinstance(inner, pl.DataType), "a frame has instances of types"  # noqa: S101
        return inner == wanted.inner or _alike(inner, wanted.inner)
    if got.is_numeric() and wanted == pl.Float64:
        return True
    return (got.is_integer() and wanted.is_integer()) or isinstance(got, pl.Null | pl.Categorical | pl.Enum)
