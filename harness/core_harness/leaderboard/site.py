"""A board as a static site, which works from the file system and needs no network.

Text of a run is escaped by the template engine, and a content security policy forbids scripts, styles and
images from elsewhere.
"""

from __future__ import annotations

import json
import shutil
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from core_harness.analysis.charts import Chart, run_charts
from core_harness.leaderboard import columns, exports
from core_harness.leaderboard.board import Board
from core_harness.leaderboard.publish import publish
from core_harness.leaderboard.rows import RankedRun
from core_harness.leaderboard.svg import Drawing
from core_harness.leaderboard.untrusted import described
from core_harness.metrics.catalog import GROUPS
from core_harness.text import figure, number, regime_of


def write_site(board: Board, out: Path) -> None:
    """Write the site of a board into ``out``, in place of an earlier one; nothing else there is touched.

    Raises :class:`~core_harness.errors.RunError` where ``out`` holds something else, or cannot be written.
    """
    publish(out, lambda folder: _write_files(board, folder))


def _write_files(board: Board, folder: Path) -> None:
    pages = environment()
    shared = {
        "board": board,
        "columns": columns,
        "heading": exports.heading(board),
        "metric": columns.metric_name(board),
        "ranked": columns.ranked_metric(board),
    }
    _write(folder / "index.html", pages.get_template("board.html").render(shared, root=""))
    (folder / "runs").mkdir()
    of_run = pages.get_template("run.html")
    for dataset in board.suite.datasets:
        for run in board.ranked(dataset):
            page = of_run.render(shared, root="../", run=run, charts=_charts(run))
            _write(folder / "runs" / f"{run.page}.html", page)
    _write(folder / "leaderboard.csv", exports.csv(board))
    if board.has_means:
        _write(folder / "leaderboard-means.csv", exports.means_csv(board))
    _write(folder / "leaderboard.md", exports.markdown(board))
    _write(folder / "leaderboard.json", json.dumps(exports.as_dict(board), indent=1, allow_nan=False) + "\n")
    with resources.as_file(resources.files("core_harness.leaderboard") / "assets") as assets:
        shutil.copytree(assets, folder / "assets")


def _charts(run: RankedRun) -> list[Chart]:
    figures = run.figures
    return run_charts(figures.report, figures.genes_by_auroc, figures.risk_coverage, figures.by_gene_rate)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def environment() -> Environment:
    """Return the engine of the templates; it escapes text and refuses names that it does not know."""
    made = Environment(
        loader=PackageLoader("core_harness.leaderboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"figure": figure, "number": number, "described": described, "regime": regime_of}
    made.globals |= {"GROUPS": GROUPS, "Drawing": Drawing, "seen": columns.seen}
    return made
