"""Draw the pictures of the documentation from what the program shows: ``python docs/make_images.py``."""

from __future__ import annotations

import io
import os
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

import core_harness
from core_harness import evaluate
from core_harness.leaderboard import write_site
from core_harness.testing import TestServer

IMAGES = Path(__file__).parent / "images"
WIDTH = 108
LINES = 52
"""Of what is printed; the rest is cut, and the picture says so."""


def draw(arguments: list[str], path: Path, folder: Path) -> None:
    """Run the program in a folder and save what it prints as a picture of a terminal."""
    printed = subprocess.run(
        [sys.executable, "-m", "core_harness", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={
            "FORCE_COLOR": "1",
            "COLUMNS": str(WIDTH),
            "TERM": "xterm-256color",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        },
    ).stdout
    lines = [line for line in printed.splitlines() if "runs: " not in line]
    lines = [*lines[:LINES], "..."] if len(lines) > LINES else lines
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ core-harness {' '.join(arguments)}", style="bold green"))
    console.print(Text.from_ansi("\n".join(lines)))
    svg = console.export_svg(title="core-harness")
    # the picture must not fetch fonts from elsewhere
    path.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), encoding="utf-8")


def photograph(page_file: Path, path: Path, *, height: int, act: str = "null") -> None:
    """Save what a browser shows of a page, once ``act`` was done on it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": height}, device_scale_factor=1)
        page.goto(page_file.as_uri())
        page.wait_for_timeout(1000)  # prompts are unpacked
        page.evaluate(act)
        page.screenshot(path=path)
        browser.close()


def asked_run(folder: Path) -> Path:
    """Have a scripted model asked, and return the run."""
    with TestServer(model="follows-evidence") as server:
        parameters = {"dataset": {"perturbations": 120, "genes": 40, "modules": 8}}
        (result,) = evaluate(
            "simulated",
            "reasoning",
            model="hosted_vllm/simulated",
            parameters={**parameters, "llm": {"api_base": server.url}},
            out=folder,
        )
    assert result.run is not None
    return result.run


def main() -> None:
    """Draw all pictures."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw(["eval"], IMAGES / "first-run.svg", folder)
        runs = sorted((folder / "runs").iterdir())
        (voting,) = (run for run in runs if "voting" in run.name)
        voting.rename(folder / "runs" / "voting")
        draw(["runs", "show", "voting"], IMAGES / "runs-show.svg", folder)
        report = folder / "report.html"
        core_harness.report([runs[0], folder / "runs" / "voting"]).write(report)
        photograph(report, IMAGES / "report.png", height=1350)
        core_harness.report([asked_run(folder / "asked")]).write(report)
        opened = "document.querySelectorAll('[data-list] summary')[1].click();"
        shown = "document.querySelector('.prompts').scrollIntoView()"
        photograph(report, IMAGES / "report-prompts.png", height=1000, act=opened + shown)
        write_site(boards()[0], folder / "site")
        photograph(folder / "site" / "index.html", IMAGES / "leaderboard.png", height=1180)


if __name__ == "__main__":
    main()
