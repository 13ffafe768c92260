"""A board as a static site, which works from the file system and asks nothing of the network.

Whatever comes from a run is escaped by the template engine, and a content security policy forbids what is
not the site's own.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from core_harness.errors import RunError
from core_harness.leaderboard import exports
from core_harness.leaderboard.board import Board
from core_harness.leaderboard.manifest import public
from core_harness.leaderboard.pictures import HEIGHT, WIDTH, charts
from core_harness.metrics.catalog import GROUPS, LABELS
from core_harness.text import figure, number, p_value, regime_of

_MARK = "leaderboard.json"
"""The file by which a folder is known to hold a board, and may be replaced."""


def write_site(board: Board, out: Path) -> None:
    """Write the site of a board into ``out``, in place of an earlier one; it appears whole or not at all.

    Raises :class:`~core_harness.errors.RunError` where ``out`` holds something else, or cannot be written.
    """
    if out.exists() and not (out.is_dir() and ((out / _MARK).is_file() or not any(out.iterdir()))):
        raise RunError(f"{out} exists and holds no leaderboard; name an empty or a new folder with --out")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch:
            new, old = Path(scratch) / "new", Path(scratch) / "old"
            new.mkdir(mode=0o755)
            _write_files(board, new)
            if out.exists():
                out.rename(old)
            new.rename(out)
    except OSError as error:
        raise RunError(f"cannot write the site to {out}: {error}") from None


def _write_files(board: Board, folder: Path) -> None:
    pages = _environment()
    shared = {"board": board, "heading": exports.heading(board), "ranked": exports.ranked_metric(board)}
    _write(folder / "index.html", pages.get_template("board.html").render(shared, root=""))
    (folder / "runs").mkdir()
    of_run = pages.get_template("run.html")
    for dataset in board.suite.datasets:
        for placed in board.ranked(dataset):
            page = of_run.render(shared, root="../", placed=placed, charts=charts(placed.figures))
            _write(folder / "runs" / f"{placed.page}.html", page)
    _write(folder / "leaderboard.csv", exports.csv(board))
    _write(folder / "leaderboard.md", exports.markdown(board))
    _write(folder / _MARK, json.dumps(exports.as_dict(board), indent=1, allow_nan=False) + "\n")
    with resources.as_file(resources.files("core_harness.leaderboard") / "assets") as assets:
        shutil.copytree(assets, folder / "assets")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("core_harness.leaderboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "figure": lambda found: figure(found if isinstance(found, Mapping) else vars(found)),
        "number": number,
        "p_value": p_value,
        "public": public,
        "regime": regime_of,
    }
    environment.globals |= {"GROUPS": GROUPS, "NAMES": LABELS, "WIDTH": WIDTH, "HEIGHT": HEIGHT}
    return environment
