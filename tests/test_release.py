"""What a release rests on: one version, workflows without secrets, a citation."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import core_harness.plugins

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
OF_PLUGINS = Path(core_harness.plugins.__path__[0]) / "templates" / "package" / "workflow.yml.jinja"


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


@pytest.mark.parametrize("path", [*WORKFLOWS, OF_PLUGINS], ids=lambda path: path.name)
def test_workflows_have_pinned_actions_and_no_secret(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("<< name >>", "mine")
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
