"""What a release rests on: one version, workflows without secrets, a citation."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest
import yaml

from core_harness.plugins.component import Kind
from core_harness.plugins.starting import start_package

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def refused(tag: str) -> str:
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "release.py", tag], capture_output=True, text=True, check=False
    )
    return done.stderr if done.returncode else ""


def test_the_version_stands_in_one_place() -> None:
    written = re.compile(rf"\b{re.escape(PROJECT['version'])}\b")
    for file in (*(ROOT / "harness").rglob("*.py"), *(ROOT / "plugins").rglob("*.py"), ROOT / "CITATION.cff"):
        assert not written.search(file.read_text(encoding="utf-8")), file


def test_a_tag_that_is_not_the_version_is_refused() -> None:
    assert "tag v" in refused("v99.0")
    assert "CHANGELOG.md has no section" in refused(f"v{PROJECT['version']}")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_have_pinned_actions_and_no_secret(path: Path) -> None:
    check_workflow(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", get_args(Kind))
def test_so_have_those_of_made_packages_and_a_strategy_is_not_checked(kind: Kind, tmp_path: Path) -> None:
    folder = start_package(kind, "of-mine", tmp_path)
    test, publish = (
        (folder / ".github" / "workflows" / name).read_text(encoding="utf-8")
        for name in ("test.yml", "publish.yml")
    )
    check_workflow(test)
    check_workflow(publish)
    for file in (test, (folder / "README.md").read_text(encoding="utf-8")):
        assert ("plugins check of-mine" in file) == (kind != "strategy")


def check_workflow(text: str) -> None:
    content = yaml.safe_load(text)
    assert content["permissions"] == {"contents": "read"}
    actions = [step["uses"] for job in content["jobs"].values() for step in job["steps"] if "uses" in step]
    assert actions
    assert [action for action in actions if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+", action)] == []
    assert "secrets." not in text


def test_the_citation_has_what_its_format_requires() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["license"] == PROJECT["license"]
    assert [author["name"] for author in PROJECT["authors"]] == [a["name"] for a in citation["authors"]]
    assert set(citation["keywords"]) == set(PROJECT["keywords"])
