"""The documentation is built without a warning, and what is generated is up to date."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import make_cli
import make_demo
import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "index.html").is_file()


def test_the_command_line_reference_is_that_of_the_code() -> None:
    written = make_cli.PAGE.read_text(encoding="utf-8")
    assert written == make_cli.reference(), "run python docs/make_cli.py"


def test_the_page_of_a_real_model_has_the_figures_that_were_saved() -> None:
    written = make_demo.PAGE.read_text(encoding="utf-8")
    assert written == make_demo.with_results(written), "run python docs/make_demo.py"


def test_links_of_the_readme_lead_somewhere() -> None:
    for page in ("README.md", "CONTRIBUTING.md"):
        links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))
        assert [link for link in links if not (ROOT / link).exists()] == []


def test_pictures_fetch_nothing() -> None:
    for picture in (ROOT / "docs" / "images").glob("*.svg"):
        text = picture.read_text(encoding="utf-8")
        assert "url(http" not in text
        assert "@import" not in text
        assert "<script" not in text
