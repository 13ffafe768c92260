"""Checks between the stages: what a component returned, against what it was asked.

Each raises :class:`~core_harness.errors.PluginError` with one line: the component, what is wrong, and an
example. ``who`` names the component, e.g. ``retriever 'kg'``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

import polars as pl

from core_harness.errors import PluginError, unknown
from core_harness.evidence.evidence import Evidence
from core_harness.evidence.related import with_contexts
from core_harness.llm import PROMPTS, Form
from core_harness.llm.formats import SINGLE
from core_harness.schemas import EVIDENCE, PAIRS, PREDICTIONS, RELATION_DETAILS, RELATIONS, Block, check
from core_harness.vocabulary import Agent, Question

Row = Mapping[str, Any]

_NO_WEIGHT = pl.col("weight").is_null() | ~pl.col("weight").is_finite() | (pl.col("weight") < 0)


def check_dataset(dataset: object, who: str) -> None:
    """Refuse a dataset whose ``question``, ``agent`` or ``simulated`` is none of the known ones."""
    for name, known in (("question", get_args(Question)), ("agent", get_args(Agent))):
        if (value := getattr(dataset, name, None)) not in known:
            raise PluginError(f"{who}: {unknown(name, str(value), known)}")
    if not isinstance(simulated := getattr(dataset, "simulated", None), bool):
        raise PluginError(f"{who}: simulated is {simulated!r}; it must be True or False")


def check_relations(relations: object, block: Block, who: str) -> pl.DataFrame:
    """Return :data:`~core_harness.schemas.RELATIONS`, with a column ``neighbour_context``.

    Parameters
    ----------
    relations
        What a retriever returned.
    block
        Queries that it was asked about, and support that has its candidates.
    who
        For the message.
    """
    found = with_contexts(check(relations, RELATIONS, who))
    details = {name: kind for name, kind in RELATION_DETAILS.items() if name in found.columns}
    found = check(found, {**RELATIONS, **details}, who)
    context = pl.col("neighbour_context")
    itself = pl.col("perturbation") == pl.col("neighbour")
    faults = {
        "a perturbation related to itself": itself & (context.is_null() | (context == block.context)),
        "a perturbation that was not asked about": ~_among("perturbation", block.pairs["perturbation"]),
        "a neighbour that is no candidate": ~_among("neighbour", block.support["perturbation"]),
        "a weight that is negative or not finite": _NO_WEIGHT,
    }
    if "via" in details:
        via = _among("via", block.support["perturbation"])
        faults["a 'via' that is no candidate"] = pl.col("via").is_not_null() & ~via
    if "direct" in details:
        part = pl.col("direct").is_between(0, pl.col("weight")).fill_null(True)
        faults["a 'direct' that is no part of the weight"] = ~part
    _refuse(found, faults, who, _relation)
    _check_units(found, block, who)
    return _check_layers(found, who) if "layers" in found.columns else found


def check_evidence(organized: object, block: Block, who: str) -> Evidence:
    """Return what an organizer made of the evidence about ``block``, if it is about exactly its queries.

    Its relations must be such as a retriever may return, and the rows of a cut must be rows of the support.
    """
    if not isinstance(organized, Evidence):
        raise PluginError(f"{who} returned {type(organized).__name__}, wanted an Evidence")
    _check_queries(organized.block, block, who)
    check_relations(organized.relations, block, who)
    if (chosen := organized.chosen) is not None:
        rows = check(chosen, EVIDENCE, who)
        faults = {
            "a row about a query that was not asked": ~_among("pair_id", block.pairs["pair_id"]),
            "a weight that is negative or not finite": _NO_WEIGHT,
        }
        _refuse(rows, faults, who, _evidence)
        measured = organized.support.rename({"perturbation": "neighbour"})
        made_up = rows.join(measured, on=["neighbour", "context", "gene", "label"], how="anti")
        _refuse(made_up, {"a row that is not in the support": pl.lit(True)}, who, _evidence)
    return organized


def check_prompts(prompts: object, evidence: Evidence, who: str) -> pl.DataFrame:
    """Return :data:`~core_harness.llm.PROMPTS` that an organizer wrote about the pairs of ``evidence``.

    A prompt is about pairs of one perturbation, with an item for each, or has neighbours graded. Its id is
    that of one of its pairs, and it has one row a sample.
    """
    found = check(prompts, PROMPTS, who)
    _refuse(found, _prompt_faults(evidence.pairs["pair_id"]), who, _prompt)
    owner = evidence.pairs.select(pl.col("pair_id").alias("prompt_id"), "perturbation")
    found_by = found.join(owner, on="prompt_id", maintain_order="left")
    own = evidence.pairs.select(pl.col("pair_id").alias("pair_ids"), "perturbation")
    others = found_by.explode("pair_ids").drop_nulls("pair_ids").join(own, on=own.columns, how="anti")
    _refuse(others, {"a prompt about a pair that is none of its perturbation": pl.lit(True)}, who, _prompt)
    neighbours = evidence.relations.select("perturbation", pl.col("neighbour").alias("items"))
    strange = (
        found_by.filter(form="grades").explode("items").join(neighbours, on=neighbours.columns, how="anti")
    )
    _refuse(strange, {"a 'grades' prompt with an item that is no neighbour": pl.lit(True)}, who, _prompt)
    return found


def check_predictions(predictions: object, pairs: pl.DataFrame, who: str, *, ranks: bool) -> pl.DataFrame:
    """Return :data:`~core_harness.schemas.PREDICTIONS`, one a pair that was asked, sorted by ``pair_id``.

    Parameters
    ----------
    predictions
        What an aggregator returned.
    pairs
        Frame of :data:`~core_harness.schemas.PAIRS` that it was asked about.
    who
        For the message.
    ranks
        Whether scores need only be finite, because the aggregator says that they rank.
    """
    found = check(predictions, PREDICTIONS, who).sort("pair_id")
    if not found["pair_id"].equals(pairs["pair_id"].sort()):
        number = f"{found.height} predictions for {pairs.height} pairs"
        raise PluginError(
            f"{who} returned {number}, {_difference(found, pairs)}; it must return each pair_id once, and a "
            "null score where it has none"
        )
    score = pl.col("score")
    faults = {"no status": pl.col("status").is_null(), "a score that is not finite": ~score.is_finite()}
    if not ranks:
        fault = "a score outside of 0 to 1, and does not say that its scores are ranks"
        faults[fault] = ~score.is_between(0, 1)

    def example(row: Row) -> str:
        (pair,) = pairs.filter(pair_id=row["pair_id"]).iter_rows(named=True)
        return f"{row['score']} for {_pair(pair)}"

    _refuse(found, faults, who, example)
    return found


def _prompt_faults(asked: pl.Series) -> Mapping[str, pl.Expr]:
    """Return what may be wrong with a prompt by itself, ``asked`` being the ``pair_id`` of all pairs."""
    items, pair_ids, grades = pl.col("items"), pl.col("pair_ids"), pl.col("form") == "grades"
    asks, bears = items.list.len(), pair_ids.list.len()
    text = pl.element().is_not_null() & (pl.element().str.strip_chars() != "")
    return {f"a prompt without {name!r}": pl.col(name).is_null() for name in PROMPTS} | {
        "a prompt of an unknown form": ~pl.col("form").is_in(get_args(Form)),
        "a prompt whose id is none of a pair that was asked": ~_among("prompt_id", asked),
        "a prompt and sample twice": pl.struct("prompt_id", "sample").is_duplicated(),
        "a prompt without items": asks == 0,
        "a prompt with an item without a name": ~items.list.eval(text).list.all(),
        "a prompt with an item twice": items.list.n_unique() != asks,
        "a prompt with a pair twice, or null": pair_ids.list.drop_nulls().list.n_unique() != bears,
        "a 'grades' prompt with pair_ids, which its items are not": grades & (bears > 0),
        "a prompt with more or fewer items than pair_ids": ~grades & (asks != bears),
        **{
            f"a {form!r} prompt with several items": (pl.col("form") == form) & (asks != 1) for form in SINGLE
        },
        "a prompt whose id is none of its pair_ids": ~grades & ~pair_ids.list.contains(pl.col("prompt_id")),
    }


def _check_queries(organized: Block, block: Block, who: str) -> None:
    if organized.context != block.context:
        raise PluginError(
            f"{who} returned evidence in {organized.context!r}; it was asked in {block.context!r}"
        )
    if organized.pairs is block.pairs:
        return
    got = check(organized.pairs, PAIRS, who).select(*PAIRS).sort("pair_id")
    asked = block.pairs.sort("pair_id")
    if got["pair_id"].equals(asked["pair_id"]):
        changed = got.join(asked, on=list(PAIRS), how="anti")
        _refuse(changed, {"a query that it changed": pl.lit(True)}, who, _pair)
        return
    number = f"evidence about {got.height} queries of {asked.height}"
    raise PluginError(f"{who} returned {number}, {_difference(got, asked)}; it must keep each query as it is")


def _check_units(relations: pl.DataFrame, block: Block, who: str) -> None:
    """Refuse a unit that was not measured, and one that is related twice, by name or by null."""
    pair, context = ["perturbation", "neighbour"], pl.col("neighbour_context")
    units = block.support.select(
        pl.col("perturbation").alias("neighbour"), pl.col("context").alias("neighbour_context")
    ).unique()
    unmeasured = relations.filter(context.is_not_null()).join(units, on=units.columns, how="anti")
    _refuse(
        unmeasured, {"a neighbour in a context in which it was not measured": pl.lit(True)}, who, _relation
    )
    # names within one query at a time: a third of the time of grouping by both names
    counts = relations.group_by("perturbation").agg(pl.col("neighbour").n_unique(), pl.len())
    several = counts.filter(pl.col("neighbour") < pl.col("len"))
    several = relations.join(several, on="perturbation", how="semi", maintain_order="left")
    several = several.filter(pl.struct(*pair).is_duplicated())
    twice = pl.struct(*pair, context).is_duplicated() | context.is_null().any().over(pair)
    _refuse(several, {"a pair twice": twice}, who, _relation)


def _check_layers(relations: pl.DataFrame, who: str) -> pl.DataFrame:
    """Return the relations with layers as floats; one that says nothing is null."""
    kind = relations.schema["layers"]
    if not isinstance(kind, pl.Struct) or not all(field.dtype.is_numeric() for field in kind.fields):
        raise PluginError(f"{who}: column 'layers' is {kind}, wanted a struct of floats, one a layer")
    floats = pl.Struct({field.name: pl.Float64 for field in kind.fields})
    found = relations if kind == floats else relations.with_columns(pl.col("layers").cast(floats))
    faults = {
        f"a value of layer {field.name!r} that is not finite": ~pl.col("layers")
        .struct[field.name]
        .is_finite()
        for field in kind.fields
    }
    _refuse(found, faults, who, _relation)
    return found


def _among(column: str, names: pl.Series) -> pl.Expr:
    """Return whether a value is among ``names``; a null is not."""
    return pl.col(column).is_in(names.unique().implode()).fill_null(False)


def _refuse(
    frame: pl.DataFrame, faults: Mapping[str, pl.Expr], who: str, example: Callable[[Row], str]
) -> None:
    """Raise :class:`PluginError` for the first fault that any row has, with that row as the example."""
    for fault, has in faults.items():
        if (bad := frame.filter(has)).height:
            raise PluginError(f"{who} returned {fault}: {example(bad.row(0, named=True))}")


def _difference(got: pl.DataFrame, asked: pl.DataFrame) -> str:
    """Return an example of how two frames differ in their ``pair_id``."""
    if (missing := asked.join(got, on="pair_id", how="anti")).height:
        return f"none for {_pair(missing.row(0, named=True))}"
    if (new := got.join(asked, on="pair_id", how="anti")).height:
        return f"one for pair_id {new['pair_id'][0]}, which was not asked"
    twice = got.filter(got["pair_id"].is_duplicated())["pair_id"][0]
    return f"two for {_pair(asked.filter(pl.col('pair_id') == twice).row(0, named=True))}"


def _pair(row: Row) -> str:
    return f"{row['perturbation']} on {row['gene']} in {row['context']}"


def _relation(row: Row) -> str:
    where = f" in {row['neighbour_context']}" if row["neighbour_context"] is not None else ""
    return f"{row['perturbation']} and {row['neighbour']}{where}"


def _evidence(row: Row) -> str:
    return f"pair_id {row['pair_id']}, {row['neighbour']} on {row['gene']} in {row['context']}"


def _prompt(row: Row) -> str:
    return f"prompt_id {row['prompt_id']}, sample {row['sample']}, form {row['form']!r}, items {row['items']}"
