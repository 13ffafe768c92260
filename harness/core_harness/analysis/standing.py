"""Where a method stands between gene frequency (0) and a repeated experiment (1), on the same pairs.

The repetition is another half of the cells, or another screen (``data label --replicates``). Method, gene
frequency and repetition answer the same pairs and are scored on the same labels: of halves, those of the
half that the repetition is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from core_harness.analysis.rescore import Scored
from core_harness.data.rates import gene_rate_in
from core_harness.data.tables import match_names
from core_harness.data.tables.replicates import repeated_answers
from core_harness.evaluation.loaded import Loaded
from core_harness.metrics import METRICS, SCORED, checked, measures
from core_harness.metrics.catalog import LABELS
from core_harness.plugins.guard import call
from core_harness.plugins.protocols import Repeats
from core_harness.sections import Section
from core_harness.text import number

_PAIR = ["context", "perturbation", "gene"]

_RANKING = tuple(name for name, metric in METRICS.items() if metric.group == "ranking")

PASSED = "a method may pass 1: one that is less noisy than a single experiment does"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A metric of a method, of gene frequency and of a repeated experiment: means over the draws.

    Attributes
    ----------
    metric
        Its name.
    method, gene_frequency, replicate
        Their figures.
    value
        (method - gene frequency) / (replicate - gene frequency); None where the repetition is not above gene
        frequency in every draw.
    lowest, highest, draws
        Over the draws, and how many there are.
    pairs
        That a figure rests on, the fewest of any draw.
    """

    metric: str
    method: float
    gene_frequency: float
    replicate: float
    value: float | None
    lowest: float | None
    highest: float | None
    draws: int
    pairs: int


def repeated_pairs(loaded: Loaded) -> Mapping[str, pl.DataFrame]:
    """Return, by draw, the test pairs that the repeated experiment scores.

    Frames of :data:`~core_harness.metrics.SCORED`, with the labels of the draw and the ``pair_id`` of the
    query; none where nothing repeats the dataset. Raises :class:`~core_harness.errors.DataError` where the
    repetition cannot be read.
    """
    dataset = loaded.dataset
    found = call(dataset, "replicates") if isinstance(dataset.object, Repeats) else None
    if found is None:
        return {}
    named, _ = match_names(found, loaded.rows, agent=loaded.task.agent)
    queries = loaded.split.queries
    rate = gene_rate_in(loaded.split, queries).alias("gene_rate")
    answered = queries.with_columns(rate, pl.lit("ok").alias("status")).join(
        repeated_answers(named, loaded.task.question).unique(["draw", *_PAIR], keep="none"), on=_PAIR
    )
    by_draw = answered.sort("draw", "pair_id").partition_by("draw", as_dict=True)
    return {str(draw): frame for (draw,), frame in by_draw.items()}


def standings(scored: Scored) -> tuple[Standing, ...]:
    """Return where a run stands, by metric; empty for controls, and where the dataset is not repeated."""
    if len(scored.repeats) > 1 or scored.run.manifest.control is not None:
        return ()
    own = scored.repeats[0].select("pair_id", pl.col("score").alias("own")).drop_nulls("own")
    draws = [frame.join(own, on="pair_id") for frame in repeated_pairs(scored.loaded).values()]
    draws = [frame for frame in draws if frame.height]
    if not draws:
        return ()
    by_metric = zip(*map(_figures, draws), strict=True)
    pairs = min(frame.height for frame in draws)
    found = (_standing(name, of, pairs) for name, of in zip(_RANKING, by_metric, strict=True))
    return tuple(one for one in found if one is not None)


def standing_section(standings: Sequence[Standing]) -> Section:
    """Return them as a table."""
    first = standings[0]
    repeated = "another screen" if first.draws == 1 else f"the other half, mean of {first.draws} draws"
    return Section(
        title="between gene frequency (0) and a repeated experiment (1)",
        note=f"{repeated}; {first.pairs:,} pairs",
        rows=[
            {
                "metric": LABELS[one.metric],
                "method": number(one.method),
                "gene frequency": number(one.gene_frequency),
                "repeated": number(one.replicate),
                "standing": "-" if one.value is None else f"{one.value:.2f}",
                "lowest to highest draw": ""
                if one.lowest is None or one.draws == 1
                else f"{one.lowest:.2f} to {one.highest:.2f}",
            }
            for one in standings
        ],
        sentences=list(_sentences(standings)),
    )


def _sentences(standings: Sequence[Standing]) -> Iterator[str]:
    if standings[0].draws > 1:
        yield (
            "labels are of one half of the cells and the repetition of the other, so both are noisier than "
            "the whole screen"
        )
    if any(one.value is not None and one.value > 1 for one in standings):
        yield PASSED
    if any(one.value is None for one in standings):
        yield "no standing where the repeated experiment is not above gene frequency in each draw"


def _figures(frame: pl.DataFrame) -> list[tuple[float, float, float]]:
    """Return each metric of the method, of gene frequency and of the repetition."""
    own, rate, again = (
        measures(checked(frame.with_columns(pl.col(score).alias("score")).select(*SCORED)))
        for score in ("own", "gene_rate", "score")
    )
    return [(own[name].estimate(), rate[name].estimate(), again[name].estimate()) for name in _RANKING]


def _standing(metric: str, draws: Sequence[tuple[float, float, float]], pairs: int) -> Standing | None:
    figures = np.array(draws)
    if np.isnan(figures).any():
        return None
    method, rate, again = figures.T
    above = again - rate
    values = (method - rate) / above if (above > 0).all() else None
    return Standing(
        metric=metric,
        method=float(method.mean()),
        gene_frequency=float(rate.mean()),
        replicate=float(again.mean()),
        value=None if values is None else float(values.mean()),
        lowest=None if values is None else float(values.min()),
        highest=None if values is None else float(values.max()),
        draws=len(draws),
        pairs=pairs,
    )
