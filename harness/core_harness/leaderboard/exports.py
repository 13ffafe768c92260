"""A board as JSON, CSV and Markdown. Each figure has its interval, coverage, regime and seed beside it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core_harness.leaderboard.board import Board
from core_harness.leaderboard.ranking import Standing
from core_harness.leaderboard.rows import Placed, Row
from core_harness.metrics.catalog import LABELS
from core_harness.text import as_csv, as_markdown, figure, markdown_text, p_value, regime_of

JSON_VERSION = 1
"""Version of ``leaderboard.json``."""


def setting(board: Board) -> dict[str, Any]:
    """Return what all figures of a board are of."""
    suite = board.suite
    return {
        "task": suite.task,
        "regime": suite.regime,
        "support_contexts": list(suite.support_contexts),
        "gene_holdout": suite.gene_holdout,
        "metric": suite.metric,
        "simulated": board.simulated,
        "seed": board.seed,
        "resamples": board.resamples,
    }


def heading(board: Board) -> str:
    """Return the same in one line for people."""
    marked = "  (SIMULATED)" if board.simulated else ""
    return f"{board.name}: {board.suite.task}, {regime_of(setting(board))} regime{marked}"


def estimate(placed: Placed, metric: str) -> dict[str, Any]:
    """Return a metric of a run with its interval and what it rests on."""
    found: dict[str, Any] = placed.figures.report["metrics"][metric]
    return found


def ranked_metric(board: Board) -> str:
    """Return the metric that runs are ranked by: the suite's, on all pairs."""
    return f"{board.suite.metric}_unanswered_gene_prior"


def as_dict(board: Board) -> dict[str, Any]:
    """Return what ``leaderboard.json`` holds; its keys are stable."""
    return {
        "schema_version": JSON_VERSION,
        "suite": board.name,
        "summary": board.suite.summary,
        **setting(board),
        "reference": board.suite.reference,
        "coverage_wanted": board.suite.coverage,
        "datasets": {
            dataset: {
                "dataset_sha256": board.questions[dataset].loaded.digest
                if dataset in board.questions
                else None,
                "missing": board.missing.get(dataset),
            }
            for dataset in board.suite.datasets
        },
        "methods": [_row(board, row) for row in board.rows],
        "apart": [asdict(run) for run in board.apart],
        "published": [entry.model_dump() for entry in board.suite.published],
    }


def csv(board: Board) -> str:
    """Return one line a run, ranked or apart, and one a cell that was not run."""
    rows = [
        _csv_line(row.method, row.model, dataset, **_placed(board, placed))
        for row in board.rows
        for dataset, placed in row.placed.items()
    ]
    rows += [
        _csv_line(row.method, row.model, dataset, not_ranked=f"not run: {reason}")
        for row in board.rows
        for dataset, reason in row.not_run.items()
    ]
    rows += [
        _csv_line(apart.method, None, apart.dataset, run=apart.run, not_ranked=apart.reason)
        for apart in board.apart
    ]
    about = {**setting(board), "support_contexts": " ".join(board.suite.support_contexts)}
    return as_csv([{"suite": board.name, **line, **about} for line in rows])


def markdown(board: Board) -> str:
    """Return the board as a page of Markdown."""
    parts = [f"# {markdown_text(heading(board))}\n", f"{markdown_text(board.suite.summary)}\n"]
    if len(board.suite.datasets) > 1:
        parts += ["## Mean over all datasets\n", as_markdown(mean_lines(board))]
    for dataset in board.suite.datasets:
        parts.append(f"## {markdown_text(dataset)}\n")
        if ranked := lines(board, dataset):
            parts.append(as_markdown(ranked))
        parts += [
            f"{markdown_text(placed.manifest.name)}: {markdown_text(placed.caution)}.\n"
            for placed in board.ranked(dataset)
            if placed.caution
        ]
        for reason, methods in board.not_run(dataset).items():
            parts.append(f"Not run: {markdown_text(', '.join(methods))} ({markdown_text(reason)}).\n")
    if board.apart:
        parts += ["## Listed apart\n", as_markdown([asdict(run) for run in board.apart])]
    for entry in board.suite.published:
        parts.append(
            f"Not ranked: {markdown_text(entry.method)}, {entry.value:.3f} ({markdown_text(entry.of)}), "
            f"published in {markdown_text(entry.source)}.\n"
        )
    return "\n".join(parts)


def lines(board: Board, dataset: str) -> list[dict[str, str]]:
    """Return the table of a dataset, best run first, as people read it."""
    return [_line(board, placed) for placed in board.ranked(dataset)]


def mean_lines(board: Board) -> list[dict[str, str]]:
    """Return the table of the means over all datasets, as people read it."""
    return [_mean_line(board, row) for row in board.rows]


def _row(board: Board, row: Row) -> dict[str, Any]:
    mean = row.mean
    return {
        "method": row.method,
        "model": row.model,
        "mean": None
        if mean is None
        else {"value": mean.value, "low": mean.low, "high": mean.high, **_standing(mean.standing)},
        "runs": {dataset: _placed(board, placed) for dataset, placed in row.placed.items()},
        "not_run": dict(row.not_run),
    }


def _placed(board: Board, placed: Placed) -> dict[str, Any]:
    figures = placed.figures
    ranked = estimate(placed, ranked_metric(board))
    return {
        "run": placed.run,
        "page": f"runs/{placed.page}.html",
        "run_seed": placed.manifest.seed,
        "caution": placed.caution,
        "coverage": figures.coverage,
        "predictions_sha256": placed.manifest.predictions_sha256,
        **{key: ranked[key] for key in ("value", "low", "high", "genes", "perturbations", "pairs")},
        **_standing(placed.standing),
        "metrics": figures.report["metrics"],
    }


def _standing(standing: Standing | None) -> dict[str, Any]:
    against = None if standing is None else standing.difference
    return {
        "rank": None if standing is None else standing.rank,
        "difference": None if against is None else against.value,
        "difference_low": None if against is None else against.low,
        "difference_high": None if against is None else against.high,
        "p_holm": None if standing is None else standing.p_holm,
    }


def _csv_line(method: str, model: str | None, dataset: str, **values: Any) -> dict[str, Any]:
    columns = (
        *("rank", "value", "low", "high", "difference", "difference_low", "difference_high", "p_holm"),
        *("coverage", "genes", "pairs", "run_seed", "run", "not_ranked"),
    )
    who = {"method": method, "model": model, "dataset": dataset}
    return who | {column: values.get(column) for column in columns}


def _line(board: Board, placed: Placed) -> dict[str, str]:
    standing = placed.standing
    against = None if standing is None else standing.difference
    return {
        "rank": "-" if standing is None else str(standing.rank),
        "method": placed.manifest.name,
        f"{LABELS[board.suite.metric]} [95 %]": figure(estimate(placed, ranked_metric(board))),
        f"minus {board.suite.reference} [95 %]": "-" if against is None else figure(asdict(against)),
        "p (Holm)": p_value(None if standing is None else standing.p_holm),
        "pooled AUROC [95 %]": figure(estimate(placed, "pooled_auroc")),
        "answered": f"{placed.figures.coverage:.1%}",
        "seed": str(placed.manifest.seed),
        "run": placed.run,
    }


def _mean_line(board: Board, row: Row) -> dict[str, str]:
    mean = row.mean
    return {
        "rank": "-" if mean is None else str(mean.standing.rank),
        "method": row.name,
        f"mean {LABELS[board.suite.metric]} [95 %]": "not run on all"
        if mean is None
        else figure({"value": mean.value, "low": mean.low, "high": mean.high}),
        **{
            dataset: figure(estimate(row.placed[dataset], ranked_metric(board)))
            if dataset in row.placed
            else "not run"
            for dataset in board.suite.datasets
        },
    }
