"""Draw the pictures of the documentation from what the program shows: ``python docs/make_images.py``."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import which

from make_board import boards
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

from core_harness.leaderboard import write_site

IMAGES = Path(__file__).parent / "images"
WIDTH = 108


def draw(arguments: list[str], path: Path) -> None:
    """Run the program and save what it prints as a picture of a terminal."""
    with tempfile.TemporaryDirectory() as folder:
        printed = subprocess.run(
            [sys.executable, "-m", "core_harness", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            env={"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"},
        ).stdout
    lines = [line for line in printed.splitlines() if "runs: " not in line]
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ core-harness {' '.join(arguments)}", style="bold green"))
    console.print(Text.from_ansi("\n".join(lines)))
    svg = console.export_svg(title="core-harness")
    # the picture must not fetch fonts from elsewhere
    path.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), encoding="utf-8")


def photograph(path: Path) -> None:
    """Save what a browser shows of the board of the results that were handed in."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Path(folder) / "site"
        write_site(boards()[0], site)
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 720}, device_scale_factor=1)
        page.goto((site / "index.html").as_uri())
        page.screenshot(path=path)
        browser.close()


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    draw(["eval"], IMAGES / "first-run.svg")
    photograph(IMAGES / "leaderboard.png")
