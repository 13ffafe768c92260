"""A board as JSON, CSV and Markdown. Each figure has its interval, coverage, regime and seed with it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core_harness.leaderboard import columns
from core_harness.leaderboard.board import Board
from core_harness.leaderboard.column import record, texts
from core_harness.leaderboard.rows import RankedRun, Row
from core_harness.text import as_csv, as_latex, as_markdown, markdown_text, regime_of

JSON_VERSION = 2
"""Version of ``leaderboard.json``."""

_BASIS = ("genes", "perturbations", "pairs")
"""What a figure rests on, of the metric that runs are ranked by."""


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
            name: {
                "dataset_sha256": board.datasets[name].loaded.digest if name in board.datasets else None,
                "missing": board.missing.get(name),
            }
            for name in board.suite.datasets
        },
        "methods": [_method(board, row) for row in board.rows],
        "unranked": [asdict(run) for run in board.unranked],
        "published": [entry.model_dump() for entry in board.suite.published],
    }


def _method(board: Board, row: Row) -> dict[str, Any]:
    return {
        "method": row.method,
        "model": row.model,
        "seed": row.seed,
        "mean": None if row.mean is None else record(columns.MEAN_COLUMNS, board, row),
        "runs": {dataset: _run(board, run) for dataset, run in row.runs.items()},
        "not_run": dict(row.not_run),
    }


def _run(board: Board, run: RankedRun) -> dict[str, Any]:
    return {
        **record(columns.DATASET_COLUMNS, board, run),
        **_basis(board, run),
        "page": f"runs/{run.page}.html",
        "caution": run.caution,
        "predictions_sha256": run.manifest.predictions_sha256,
        "metrics": run.figures.report["metrics"],
    }


def _basis(board: Board, run: RankedRun) -> dict[str, Any]:
    ranked = columns.estimate(run, columns.ranked_metric(board))
    return {key: ranked[key] for key in _BASIS}


def csv(board: Board) -> str:
    """Return one line a run, ranked or not, and one a cell that was not run."""
    lines = [
        {**record(columns.DATASET_COLUMNS, board, run), **_basis(board, run), "dataset": dataset}
        for dataset in board.suite.datasets
        for run in board.ranked(dataset)
    ]
    lines += [
        {"method": row.method, "model": row.model, "dataset": dataset, "not_ranked": f"not run: {reason}"}
        for row in board.rows
        for dataset, reason in row.not_run.items()
    ]
    lines += [
        {"method": run.method, "dataset": run.dataset, "run": run.run, "not_ranked": run.reason}
        for run in board.unranked
    ]
    keys = [key for column in columns.DATASET_COLUMNS for key in column.keys]
    return _csv(board, lines, ["dataset", *keys, *_BASIS, "not_ranked"])


def means_csv(board: Board) -> str:
    """Return one line a method: its mean, and its figure on each dataset."""
    of_means = columns.mean_columns(board)
    keys = [key for column in of_means for key in column.keys]
    return _csv(board, [record(of_means, board, row) for row in board.rows], keys)


def _csv(board: Board, lines: list[dict[str, Any]], keys: list[str]) -> str:
    about = {**setting(board), "support_contexts": " ".join(board.suite.support_contexts)}
    return as_csv([{"suite": board.name, **{key: line.get(key) for key in keys}, **about} for line in lines])


def markdown(board: Board) -> str:
    """Return the board as a page of Markdown."""
    parts = [f"# {markdown_text(heading(board))}\n", f"{markdown_text(board.suite.summary)}\n"]
    if board.has_means:
        parts += ["## Mean over all datasets\n", as_markdown(mean_lines(board))]
    for dataset in board.suite.datasets:
        parts.append(f"## {markdown_text(dataset)}\n")
        if ranked := lines(board, dataset):
            parts.append(as_markdown(ranked))
        parts += [
            f"{markdown_text(run.manifest.method.name)}: {markdown_text(run.caution)}.\n"
            for run in board.ranked(dataset)
            if run.caution
        ]
        for reason, methods in board.not_run(dataset).items():
            parts.append(f"Not run: {markdown_text(', '.join(methods))} ({markdown_text(reason)}).\n")
    if board.unranked:
        unranked = texts(columns.UNRANKED_COLUMNS, board, board.unranked)
        parts += ["## Unranked\n", as_markdown(unranked)]
    for entry in board.suite.published:
        parts.append(
            f"Published, not ranked: {markdown_text(entry.method)}, {entry.value:.3f} "
            f"({markdown_text(entry.of)}), from {markdown_text(entry.source)}.\n"
        )
    return "\n".join(parts)


def latex(board: Board) -> str:
    """Return the tables of the board for a paper, in LaTeX."""
    about = f"{board.question} {board.name}, seed {board.seed}{', SIMULATED' if board.simulated else ''}"
    parts = ["% needs \\usepackage{booktabs}\n"]
    if board.has_means:
        parts.append(as_latex(mean_lines(board), f"{about}: mean over {', '.join(board.suite.datasets)}."))
    parts += [
        as_latex(ranked, f"{about}: {dataset}, {board.asked_about(dataset)}.")
        for dataset in board.suite.datasets
        if (ranked := lines(board, dataset))
    ]
    return "\n".join(parts)


def lines(board: Board, dataset: str) -> list[dict[str, str]]:
    """Return the table of a dataset, best run first, as people read it."""
    return texts(columns.DATASET_COLUMNS, board, board.ranked(dataset))


def mean_lines(board: Board) -> list[dict[str, str]]:
    """Return the table of the means over all datasets, as people read it."""
    return texts(columns.mean_columns(board), board, board.rows)
