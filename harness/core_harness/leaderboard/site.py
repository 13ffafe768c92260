"""A board as a static site, which works from the file system and needs no network.

Text of a run is escaped by the template engine, and a content security policy forbids scripts, styles and
images from elsewhere.
"""

from __future__ import annotations

import json
import shutil
from importlib import resources
from pathlib import Path

from jinja2 import Environment

from core_harness.analysis.charts import Chart, scatter_chart
from core_harness.analysis.rescore import predictions_file
from core_harness.leaderboard import columns, exports
from core_harness.leaderboard.board import Board
from core_harness.leaderboard.column import seen
from core_harness.leaderboard.facts import files_of
from core_harness.leaderboard.publish import publish
from core_harness.leaderboard.rows import RankedRun
from core_harness.pages import engine
from core_harness.runs.folder import Run


def write_site(board: Board, out: Path) -> None:
    """Write the site of a board into ``out``, in place of an earlier one; nothing else there is touched.

    Raises :class:`~core_harness.errors.RunError` where ``out`` holds something else, or cannot be written.
    """
    publish(out, lambda folder: _write_files(board, folder))


def _write_files(board: Board, folder: Path) -> None:
    pages = environment()
    shared = {
        "board": board,
        "files_of": files_of,
        "columns": columns,
        "heading": exports.heading(board),
        "metric": columns.metric_name(board),
        "ranked": columns.ranked_metric(board),
    }
    scatters = {name: chart for name in board.suite.datasets if (chart := _scatter(board, name))}
    index = pages.get_template("board.html").render(shared, root="", scatters=scatters)
    _write(folder / "index.html", index)
    (folder / "runs").mkdir()
    of_run = pages.get_template("run.html")
    for dataset in board.suite.datasets:
        for run in board.ranked(dataset):
            page = of_run.render(
                shared, root="../", run=run, charts=run.figures.details.charts(run.figures.report)
            )
            _write(folder / "runs" / f"{run.page}.html", page)
            _write_files_of(run, folder, with_predictions=board.with_predictions)
    _write(folder / "leaderboard.csv", exports.csv(board))
    if board.has_means:
        _write(folder / "leaderboard-means.csv", exports.means_csv(board))
    _write(folder / "leaderboard.md", exports.markdown(board))
    _write(folder / "leaderboard.tex", exports.latex(board))
    _write(folder / "leaderboard.json", json.dumps(exports.as_dict(board), indent=1, allow_nan=False) + "\n")
    with resources.as_file(resources.files("core_harness.leaderboard") / "assets") as assets:
        shutil.copytree(assets, folder / "assets")
    _write(folder / "assets" / "page.css", engine.asset("page.css"))


def _scatter(board: Board, dataset: str) -> Chart | None:
    """Return the runs on a dataset by pooled and macro-per-gene AUROC; None without any."""
    runs = []
    for run in board.ranked(dataset):
        pooled, per_gene = (
            columns.estimate(run, metric)["value"] for metric in ("pooled_auroc", "macro_gene_auroc")
        )
        if pooled is not None and per_gene is not None:
            runs.append((run.manifest.method.name, pooled, per_gene))
    return scatter_chart(runs) if runs else None


def _write_files_of(run: RankedRun, folder: Path, *, with_predictions: bool) -> None:
    """Write the record of a run, and its predictions where they may be passed on."""
    record, predictions = files_of(run, with_predictions=with_predictions)
    _write(folder / record, json.dumps(run.manifest.as_json(), indent=1, allow_nan=False) + "\n")
    if predictions is not None:
        pairs = run.figures.report["coverage"]["pairs"]
        (folder / predictions).write_bytes(predictions_file(Run(run.folder, run.manifest), pairs))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def environment() -> Environment:
    """Return the engine of a board's templates, with the columns that a table shows."""
    made = engine.environment("core_harness.leaderboard")
    made.globals["seen"] = seen
    return made
