"""How well two contexts agree on the same pair: a ceiling for learning from one about the other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import polars as pl

from core_harness.data.rates import gene_rate_of
from core_harness.metrics import Estimate, report
from core_harness.schemas import SUPPORT

_PAIR = ["perturbation", "gene"]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """The pairs that were measured in two contexts.

    Attributes
    ----------
    context, other
        The context that is asked about, and the one that is asked.
    pairs
        Pairs that were measured in both, in either split.
    agree
        Share of them with the same label.
    kappa
        Cohen's kappa: agreement beyond what the two prevalences would give; None where these leave no
        room for it.
    macro_gene_auroc
        What the other context's labels reach as scores; it rests on few genes.
    """

    context: str
    other: str
    pairs: int
    agree: float
    kappa: float | None
    macro_gene_auroc: Estimate


def agreements(rows: pl.DataFrame, *, seed: int, resamples: int = 1000) -> list[Agreement]:
    """Compare each context of checked rows with each other one that shares pairs with it."""
    contexts = rows["context"].unique().sort().to_list()
    found = (
        _agreement(rows, context, other, seed=seed, resamples=resamples)
        for context, other in permutations(contexts, 2)
    )
    return [agreement for agreement in found if agreement is not None]


def _agreement(
    rows: pl.DataFrame, context: str, other: str, *, seed: int, resamples: int
) -> Agreement | None:
    here = rows.filter(pl.col("context") == context)
    there = rows.filter(pl.col("context") == other).select(*_PAIR, pl.col("label").alias("said"))
    shared = here.join(there, on=_PAIR).sort(*_PAIR)
    if shared.is_empty():
        return None
    support = here.filter(pl.col("split") == "train").select(*SUPPORT)
    scored = shared.with_columns(
        pl.col("said").cast(pl.Float64).alias("score"),
        pl.lit("ok").alias("status"),
        gene_rate_of(shared, support).alias("gene_rate"),
    )
    one, two = shared["label"].cast(pl.Float64), shared["said"].cast(pl.Float64)
    agree = float((one == two).cast(pl.Float64).mean())  # type: ignore[arg-type]
    p, q = float(one.mean()), float(two.mean())  # type: ignore[arg-type]
    chance = p * q + (1 - p) * (1 - q)
    return Agreement(
        context=context,
        other=other,
        pairs=shared.height,
        agree=agree,
        kappa=None if chance == 1 else (agree - chance) / (1 - chance),
        macro_gene_auroc=report(scored, seed=seed, resamples=resamples).metrics["macro_gene_auroc"],
    )
