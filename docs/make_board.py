"""Write the page of results from ``docs/results/``: ``python docs/make_board.py``."""

from __future__ import annotations

from pathlib import Path

from core_harness.leaderboard import Board, build
from core_harness.leaderboard.exports import markdown
from core_harness.plugins.catalog import catalog
from core_harness.registry.loading import shipped_registry

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parent / "board.md"
INTRODUCTION = """<!-- written by docs/make_board.py -->

"""


def boards() -> list[Board]:
    """Return the board of each suite that has results."""
    folders = sorted(path for path in RESULTS.iterdir() if path.is_dir())
    return [build([folder], folder.name, shipped_registry(), catalog()) for folder in folders]


def page() -> str:
    """Return the page."""
    return INTRODUCTION + "\n".join(markdown(board) for board in boards())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
