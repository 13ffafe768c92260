"""Test drugs that are a train drug but for a salt, or by all that is known of the two."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from core_harness.knowledge import Layer
from core_harness.knowledge.drugs import parent_name

_AS_GOOD_AS_ONE = 0.99
"""Weight of an edge, a Tanimoto coefficient, from which a method that reads it has one drug for two."""

_EXAMPLES = 5


@dataclass(frozen=True, kw_only=True)
class NearDuplicates:
    """Test drugs whose like is in train, by context: their answers may lie in the support.

    Attributes
    ----------
    by_name
        Those that have the name of a train drug but for salt, dose, configuration or case.
    by_record
        Those that are in exactly the sets (targets, mechanisms) of a train drug.
    by_edge
        Those that a layer links to a train drug with a weight of .99 or more: one fingerprint.
    examples
        Some of each, for people.
    """

    by_name: int
    by_record: int
    by_edge: int
    examples: tuple[str, ...]


def near_duplicates(rows: pl.DataFrame, layers: Sequence[Layer]) -> NearDuplicates:
    """Look for test drugs of checked rows that are like a train drug of their context.

    ``layers`` are those of the dataset's drugs, none where they are not known.
    """
    drugs = rows.select("context", "split", "perturbation").unique()
    names = drugs["perturbation"].unique().to_list()
    parents = pl.DataFrame({"perturbation": names, "key": [parent_name(name) for name in names]})
    sets = [layer for layer in layers if layer.kind == "sets"]
    edges = [
        layer.frame.filter(pl.col("weight") >= _AS_GOOD_AS_ONE) for layer in layers if layer.kind == "edges"
    ]
    found = {
        "the same but for salt or case": _across(drugs, parents),
        "with the same sets in every layer": _across(drugs, _records(sets, names)),
        "linked with a weight of .99 or more": _linked(drugs, edges),
    }
    return NearDuplicates(
        by_name=_number(found["the same but for salt or case"]),
        by_record=_number(found["with the same sets in every layer"]),
        by_edge=_number(found["linked with a weight of .99 or more"]),
        examples=tuple(
            f"test {test} and train {train} are {reason}"
            for reason, pairs in found.items()
            for test, train in pairs.select("perturbation", "perturbation_train").head(_EXAMPLES // 2).rows()
        ),
    )


def _records(layers: Sequence[Layer], names: Collection[str]) -> pl.DataFrame:
    """Return ``perturbation, key`` of drugs that are in sets; the key is all of them."""
    if not layers:
        return pl.DataFrame(schema={"perturbation": pl.String, "key": pl.String})
    parts = [layer.frame.select("gene", pl.format("{}\t{}", pl.lit(layer.name), "set")) for layer in layers]
    listed = pl.concat(part.rename({part.columns[1]: "of"}) for part in parts)
    mine = listed.filter(pl.col("gene").is_in(list(names)))
    return (
        mine.group_by("gene")
        .agg(pl.col("of").sort().str.join("\n").alias("key"))
        .rename({"gene": "perturbation"})
    )


def _across(drugs: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of a test and a train drug of one context that have one key, sorted."""
    keyed = drugs.join(keys, on="perturbation")
    train = keyed.filter(pl.col("split") == "train")
    pairs = keyed.filter(pl.col("split") == "test").join(train, on=["context", "key"], suffix="_train")
    return pairs.sort("context", "perturbation", "perturbation_train")


def _linked(drugs: pl.DataFrame, edges: Sequence[pl.DataFrame]) -> pl.DataFrame:
    forth = [
        frame.select(pl.col("a").alias("perturbation"), pl.col("b").alias("perturbation_train"))
        for frame in edges
    ]
    back = [
        frame.select(pl.col("b").alias("perturbation"), pl.col("a").alias("perturbation_train"))
        for frame in edges
    ]
    none = pl.DataFrame(schema={"perturbation": pl.String, "perturbation_train": pl.String})
    test = drugs.filter(pl.col("split") == "test").select("context", "perturbation")
    train = drugs.filter(pl.col("split") == "train").select(
        "context", pl.col("perturbation").alias("perturbation_train")
    )
    linked = pl.concat([none, *forth, *back]).unique()
    pairs = linked.join(test, on="perturbation").join(train, on=["context", "perturbation_train"])
    return pairs.sort("context", "perturbation", "perturbation_train")


def _number(pairs: pl.DataFrame) -> int:
    return pairs.select("context", "perturbation").n_unique()
