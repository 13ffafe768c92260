"""Leaderboards: runs of a suite, their figures made again, ranked, and shown.

::

    run folders -> admission -> figures -> ranking -> Board -> site, JSON, CSV, Markdown
"""

from core_harness.leaderboard.board import Board, build
from core_harness.leaderboard.site import write_site
from core_harness.leaderboard.submission import submit

__all__ = ["Board", "build", "submit", "write_site"]
