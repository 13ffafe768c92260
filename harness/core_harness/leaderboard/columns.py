"""The columns of a board: one list for each table, read by pages, Markdown, CSV, JSON and terminal.

To add a column, add it to :data:`DATASET_COLUMNS` or :data:`MEAN_COLUMNS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core_harness.leaderboard import facts
from core_harness.leaderboard.admission import Unranked
from core_harness.leaderboard.board import Board
from core_harness.leaderboard.column import Column, Kind, Values
from core_harness.leaderboard.rows import RankedRun, Row
from core_harness.metrics.catalog import LABELS

Ranked = RankedRun | Row
"""What has a rank: a run in the table of its dataset, or a method in the table of means."""


def metric_name(board: Board) -> str:
    """Return what people call the metric of a board."""
    return LABELS[board.suite.metric]


def ranked_metric(board: Board) -> str:
    """Return the metric that runs are ranked by: the suite's, on all pairs."""
    return f"{board.suite.metric}_unanswered_gene_prior"


def estimate(run: RankedRun, metric: str) -> Mapping[str, Any]:
    """Return a metric of a run with its interval and what it rests on."""
    found: Mapping[str, Any] = run.figures.report["metrics"][metric]
    return found


def _named(heading: str) -> Callable[[Board], str]:
    return lambda _: heading


def _bounds(found: Mapping[str, Any]) -> Values:
    return found["value"], found["low"], found["high"]


def _difference(_: Board, entry: Ranked) -> Values | None:
    if entry.rank is None or entry.rank.difference is None:
        return None
    return _bounds(vars(entry.rank.difference))


def _p_holm(_: Board, entry: Ranked) -> Values | None:
    return None if entry.rank is None else (entry.rank.p_holm,)


RANK: Column[Ranked] = Column(
    keys=("rank",),
    heading=_named("rank"),
    kind="integer",
    values=lambda _, entry: None if entry.rank is None else (entry.rank.position,),
    priority="always",
)
METHOD: Column[Ranked] = Column(
    keys=("method",),
    heading=_named("method"),
    kind="row header",
    values=lambda _, entry: (entry.method,),
    priority="always",
    page=lambda entry: entry.page if isinstance(entry, RankedRun) else None,
)
MODEL: Column[Ranked] = Column(
    keys=("model",),
    heading=_named("model"),
    kind="text",
    values=lambda _, entry: None if entry.model is None else (entry.model,),
    if_any=True,
    priority="always",
)
DIFFERENCE: Column[Ranked] = Column(
    keys=("difference", "difference_low", "difference_high"),
    heading=lambda board: f"minus {board.suite.reference} [95 %]",
    kind="figure",
    values=_difference,
)
P_HOLM: Column[Ranked] = Column(keys=("p_holm",), heading=_named("p (Holm)"), kind="p-value", values=_p_holm)
NOTES: Column[Ranked] = Column(
    keys=("notes",),
    heading=_named("notes"),
    kind="text",
    values=lambda _, entry: ("; ".join(entry.notes),) if entry.notes else None,
    if_any=True,
)
ANSWERED: Column[Ranked] = Column(
    keys=("coverage",),
    heading=_named("answered"),
    kind="share",
    values=lambda _, entry: None if entry.coverage is None else (entry.coverage,),
)


def _metric(metric: str, heading: str) -> Column[RankedRun]:
    return Column(
        keys=(metric, f"{metric}_low", f"{metric}_high"),
        heading=_named(f"{heading} [95 %]"),
        kind="figure",
        values=lambda _, run: _bounds(estimate(run, metric)),
    )


def _fact(
    key: str, heading: str, value: Callable[[Board, RankedRun], Any], kind: Kind = "text"
) -> Column[RankedRun]:
    """Return a column of what a record says, as far as it says it."""

    def values(board: Board, run: RankedRun) -> Values | None:
        found = value(board, run)
        return None if found is None else (found,)

    return Column(
        keys=(key,), heading=_named(heading), kind=kind, values=values, if_any=True, priority="on request"
    )


ABOUT_RUNS: Sequence[Column[RankedRun]] = (
    _fact("kind", "kind of method", lambda _, run: run.kind),
    _fact("parameters", "parameters", lambda _, run: facts.parameters_of(run.manifest)),
    _fact("model_size", "model size", lambda board, run: facts.size_of(board.models, run.model)),
    _fact("open_weights", "open weights", lambda board, run: facts.weights_of(board.models, run.model)),
    _fact("tokens", "tokens", lambda _, run: facts.tokens_of(run.manifest), "count"),
    _fact("cost", "cost", lambda _, run: facts.cost_of(run.manifest), "money"),
    _fact("submitter", "submitter", lambda _, run: run.manifest.submitter),
    _fact("date", "date", lambda _, run: run.manifest.finished[:10] or None),
    _fact("version", "version", lambda _, run: run.manifest.packages.get("core-harness")),
    _fact("run", "run", lambda _, run: run.run),
    Column(
        keys=("record_file", "predictions_file"),
        heading=_named("files"),
        kind="files",
        values=lambda board, run: facts.files_of(run, with_predictions=board.with_predictions),
        priority="on request",
    ),
)
"""What records say of runs; nothing of it is checked but the files."""

DATASET_COLUMNS: Sequence[Column[RankedRun]] = (
    RANK,
    METHOD,
    MODEL,
    Column(
        keys=("value", "low", "high"),
        heading=lambda board: f"{metric_name(board)} [95 %]",
        kind="figure",
        values=lambda board, run: _bounds(estimate(run, ranked_metric(board))),
        priority="always",
        drawn=True,
    ),
    # beside the figure, so that what is the strength of perturbations alone is not taken for contrast
    replace(
        _metric("potency_residual_auroc", "strength taken out"),
        applies=lambda board: board.declares,
    ),
    DIFFERENCE,
    P_HOLM,
    _metric("pooled_auroc", "pooled AUROC"),
    _metric("ece", "calibration error"),
    ANSWERED,
    Column(
        keys=("run_seed",),
        heading=_named("seed"),
        kind="integer",
        values=lambda _, run: (run.manifest.task.seed,),
    ),
    NOTES,
    *ABOUT_RUNS,
)
"""Of the table of a dataset, whose lines are runs."""

MEAN_COLUMNS: Sequence[Column[Row]] = (
    RANK,
    METHOD,
    MODEL,
    Column(
        keys=("value", "low", "high"),
        heading=lambda board: f"mean {metric_name(board)} [95 %]",
        kind="figure",
        values=lambda _, row: None if row.mean is None else _bounds(vars(row.mean)),
        absent="not run on all",
        priority="always",
        drawn=True,
    ),
    DIFFERENCE,
    P_HOLM,
    ANSWERED,
    Column(
        keys=("run_seed",),
        heading=_named("seed"),
        kind="integer",
        values=lambda _, row: None if row.seed is None else (row.seed,),
    ),
    NOTES,
)
"""Of the table of means, whose lines are methods; :func:`mean_columns` adds the datasets."""

UNRANKED_COLUMNS: Sequence[Column[Unranked]] = (
    Column(keys=("run",), heading=_named("run"), kind="row header", values=lambda _, run: (run.run,)),
    Column(keys=("method",), heading=_named("method"), kind="text", values=lambda _, run: (run.method,)),
    Column(keys=("dataset",), heading=_named("dataset"), kind="text", values=lambda _, run: (run.dataset,)),
    Column(keys=("reason",), heading=_named("reason"), kind="text", values=lambda _, run: (run.reason,)),
)
"""Of the list of runs without a rank."""


def mean_columns(board: Board) -> list[Column[Row]]:
    """Return the columns of the table of means: :data:`MEAN_COLUMNS`, and one for each dataset."""
    return [*MEAN_COLUMNS, *map(_on, board.suite.datasets)]


def _on(dataset: str) -> Column[Row]:
    def values(board: Board, row: Row) -> Values | None:
        run = row.runs.get(dataset)
        return None if run is None else _bounds(estimate(run, ranked_metric(board)))

    return Column(
        keys=(dataset, f"{dataset}_low", f"{dataset}_high"),
        heading=_named(dataset),
        kind="figure",
        values=values,
        page=lambda row: None if (run := row.runs.get(dataset)) is None else run.page,
        absent="not run",
    )
