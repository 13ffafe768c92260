"""``curve()``: how good a method is by how much was measured.

A budget is a number of measured perturbations, drawn from the support, each with all of its genes or so many.
Each budget is drawn several times, a smaller one being a part of a larger one, and all are asked about the
same queries. An interval holds both what other queries and what other draws would have given: the variance
over resampled query perturbations of the mean over draws, and that of the draws over their number, added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from core_harness.analysis.crossvalidated import CRITERION, Sample, draw_perturbations, resampled
from core_harness.analysis.rescore import with_truth
from core_harness.errors import UsageError, unknown
from core_harness.evaluation import pipeline
from core_harness.evaluation.methods import Method
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.metrics import Resampled
from core_harness.metrics.catalog import METRICS
from core_harness.metrics.resampled import Z
from core_harness.schemas import Task

JSON_VERSION = 1
BUDGETS = (10, 20, 40, 80)
DRAWS = 5


@dataclass(frozen=True, kw_only=True)
class Point:
    """A method at a budget: the mean of the metric over draws, its 95 % interval, and the draws."""

    budget: int
    value: float
    low: float | None
    high: float | None
    by_draw: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What :func:`curve` found.

    Attributes
    ----------
    task
        What was asked, in which regime, with which seed.
    metric, genes, draws
        As asked for.
    perturbations, pairs
        Of the queries.
    methods
        The points of each method by its label, in the order of the budgets.
    """

    task: Task
    metric: str
    genes: int | None
    draws: int
    perturbations: int
    pairs: int
    methods: dict[str, tuple[Point, ...]]

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints; its keys are stable."""
        return {"schema_version": JSON_VERSION, **asdict(self)}


def curve(
    session: Session,
    spec: RunSpec,
    budgets: Sequence[int] = BUDGETS,
    *,
    genes: int | None = None,
    draws: int = DRAWS,
    metric: str = CRITERION,
) -> Curve:
    """Evaluate the strategies of ``spec`` on budgets of measured perturbations.

    Parameters
    ----------
    session
        Where the dataset and the graph are loaded; its resamples are those of the intervals.
    spec
        Dataset, strategies, regime and seed.
    budgets, genes
        How many perturbations of a context are measured, and how many genes of each; None is all.
    draws
        Of each budget, with the seeds that follow that of ``spec``.
    metric
        A name of :data:`core_harness.metrics.METRICS`.

    Raises
    ------
    HarnessError
        A budget is larger than the support, a method asks a model, the metric is unknown or not defined.
    """
    if metric not in METRICS:
        raise UsageError(unknown("metric", metric, METRICS))
    if draws < 1 or not budgets:
        raise UsageError("a curve has at least one budget and one draw of each")
    methods = session.methods(spec)
    if asking := [method.label for method in methods if method.asks]:
        raise UsageError(
            f"{asking[0]} asks a model, at every budget and draw; draw curves of methods that ask none"
        )
    loaded = session.load(spec)
    sample = draw_perturbations([loaded.split.queries], seed=spec.seed, resamples=session.resamples)
    points: dict[str, list[Point]] = {method.label: [] for method in methods}
    for budget in sorted(set(budgets)):
        drawn = [replace(spec, support=(budget, genes), seed=spec.seed + draw) for draw in range(draws)]
        found = [[_at(session, method, one, sample, metric) for method in methods] for one in drawn]
        for method, of_method in zip(methods, zip(*found, strict=True), strict=True):
            points[method.label].append(_point(budget, of_method, metric))
    return Curve(
        task=loaded.task,
        metric=metric,
        genes=genes,
        draws=draws,
        perturbations=loaded.split.queries.select("context", "perturbation").n_unique(),
        pairs=loaded.split.queries.height,
        methods={label: tuple(found) for label, found in points.items()},
    )


def _at(session: Session, method: Method, spec: RunSpec, sample: Sample, metric: str) -> Resampled:
    """Return the metric of a method on one draw of a budget, with its resamples."""
    loaded = session.load(spec)
    facts = session.open_knowledge(loaded.dataset, method)
    shown = pipeline.show(method, loaded.task, loaded.split, None, facts)
    _, predictions, _ = pipeline.answer(session, method, shown)
    paired = loaded.split.queries.join(predictions, on="pair_id")
    rows = with_truth(paired, loaded, method.label)
    return resampled([rows.with_columns(fold=0)], sample, metric=metric)


def _point(budget: int, draws: Sequence[Resampled], metric: str) -> Point:
    mean = Resampled.mean(draws)
    values = [draw.value for draw in draws]
    low, high = None, None
    deviation = mean.deviation()
    if deviation is not None and len(values) > 1:
        of_draws = float(np.var(values, ddof=1)) / len(values)
        low, high = METRICS[metric].interval(mean.value, Z * (deviation**2 + of_draws) ** 0.5)
    return Point(budget=budget, value=mean.value, low=low, high=high, by_draw=tuple(values))
