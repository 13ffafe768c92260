"""Draw the pictures of the documentation from what the program prints: ``python docs/make_images.py``."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

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


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    draw(["eval"], IMAGES / "first-run.svg")
