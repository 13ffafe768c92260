"""Layers of words: genes are alike where the same words are used of them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from core_harness.knowledge.layers import SETS, Layer

_WORD = "[a-z0-9]+"


def words_of_texts(texts: pl.DataFrame) -> pl.DataFrame:
    """Return ``set, gene``: a gene is in the set of each word of its texts, in the frame ``text, gene``.

    A word is an unbroken run of Latin letters and digits, whatever their case.
    """
    return texts.select(_words("text").alias("set"), "gene").explode("set").drop_nulls().unique()


def words_of_names(name: str, layers: Sequence[Layer], date: str | None = None) -> Layer:
    """Return the layer of the words of the names of the sets that a gene is in, in any of ``layers``.

    Sets that their layer calls by ids, and that have no name, have no words.
    """
    found = [
        layer.set_names.select("set", _words("name").alias("word"))
        .explode("word")
        .drop_nulls()
        .unique()
        .join(layer.frame, on="set")
        .select(pl.col("word").alias("set"), "gene")
        for layer in layers
    ]
    rows = pl.concat([pl.DataFrame(schema=SETS), *found])
    return Layer.sets(name, rows, date=date, of=tuple(sorted(layer.name for layer in layers)))


def _words(column: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase().str.extract_all(_WORD)
