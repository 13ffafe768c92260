"""Test drugs that are a train drug but for a salt, or by all that is known of the two."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from core_harness.knowledge import Layer
from core_harness.knowledge.drugs import parent_name

_AS_GOOD_AS_ONE = 0.99
"""Weight of an edge, a Tanimoto coefficient, from which a method that reads it has one drug for two."""

_EXAMPLES = 2


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
        Two of each, for people.
    """

    by_name: int
    by_record: int
    by_edge: int
    examples: tuple[str, ...]


def near_duplicates(rows: pl.DataFrame, layers: Sequence[Layer]) -> NearDuplicates:
    """Count the test drugs of checked rows that are like a train drug of their context."""
    found = like_pairs(rows, layers)
    by_name, by_record, by_edge = (
        pairs.select("context", "perturbation").n_unique() for pairs in found.values()
    )
    examples = (
        f"test {test} and train {train} are {alike}"
        for alike, pairs in found.items()
        for test, train in pairs.select("perturbation", "perturbation_train").head(_EXAMPLES).rows()
    )
    return NearDuplicates(by_name=by_name, by_record=by_record, by_edge=by_edge, examples=tuple(examples))


def like_pairs(rows: pl.DataFrame, layers: Sequence[Layer]) -> dict[str, pl.DataFrame]:
    """Return ``context, perturbation, perturbation_train``, sorted, by in what the two drugs are alike.

    ``layers`` are those of the dataset's drugs, none where they are not known. The keys are a name but for
    salt and case, the sets that they are in, and an edge between them, in this order.
    """
    drugs = rows.select("context", "split", "perturbation").unique()
    names = drugs["perturbation"].unique().to_list()
    parents = pl.DataFrame({"perturbation": names, "key": [parent_name(name) for name in names]})
    sets = [layer for layer in layers if layer.kind == "sets" and layer.relates]
    edges = [layer.frame for layer in layers if layer.kind == "edges" and layer.relates]
    return {
        "the same but for salt or case": _across(drugs, parents),
        "in the same sets of every layer": _across(drugs, _records(sets, names)),
        "linked with a weight of .99 or more": _linked(drugs, edges),
    }


def _records(layers: Sequence[Layer], names: Collection[str]) -> pl.DataFrame:
    """Return ``perturbation, key`` of the drugs that are in sets; the key is all of these."""
    none = pl.DataFrame(schema={"perturbation": pl.String, "of": pl.String})
    listed = [
        layer.frame.select(
            pl.col("gene").alias("perturbation"), pl.format("{}\t{}", pl.lit(layer.name), "set").alias("of")
        )
        for layer in layers
    ]
    mine = pl.concat([none, *listed]).filter(pl.col("perturbation").is_in(list(names)))
    return mine.group_by("perturbation").agg(pl.col("of").sort().str.join("\n").alias("key"))


def _across(drugs: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of a test and a train drug of one context that have one key, sorted."""
    keyed = drugs.join(keys, on="perturbation")
    train = keyed.filter(pl.col("split") == "train")
    pairs = keyed.filter(pl.col("split") == "test").join(train, on=["context", "key"], suffix="_train")
    return pairs.sort("context", "perturbation", "perturbation_train")


def _linked(drugs: pl.DataFrame, edges: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the pairs of a test and a train drug of one context that a heavy edge links, sorted."""
    none = pl.DataFrame(schema={"perturbation": pl.String, "perturbation_train": pl.String})
    heavy = [frame.filter(pl.col("weight") >= _AS_GOOD_AS_ONE) for frame in edges]
    ends = [
        frame.select(pl.col(one).alias("perturbation"), pl.col(other).alias("perturbation_train"))
        for frame in heavy
        for one, other in (("a", "b"), ("b", "a"))
    ]
    linked = pl.concat([none, *ends]).unique()
    test = drugs.filter(pl.col("split") == "test").select("context", "perturbation")
    train = drugs.filter(pl.col("split") == "train").select("context", perturbation_train="perturbation")
    pairs = linked.join(test, on="perturbation").join(train, on=["context", "perturbation_train"])
    return pairs.sort("context", "perturbation", "perturbation_train")
