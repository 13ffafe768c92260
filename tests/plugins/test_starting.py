"""What ``plugins new`` writes is a whole plugin: it installs, passes its tests, and makes runs."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from program import run_here

import core_harness
from core_harness.errors import UsageError
from core_harness.plugins.component import Kind
from core_harness.plugins.names import LONGEST
from core_harness.plugins.starting import SUMMARIES, start_file, start_package

EXAMPLE = Path(__file__).parents[2] / "docs" / "example-plugin"
KINDS: tuple[Kind, ...] = get_args(Kind)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return a package of each kind, and the example of the docs."""
    folder = tmp_path_factory.mktemp("packages")
    example = shutil.copytree(EXAMPLE, folder / "example")
    return [*(start_package(kind, f"my-{kind}", folder) for kind in KINDS), example]


def python(*arguments: str | Path, cwd: Path, path: Path) -> str:
    """Run Python on this checkout and what is installed at ``path``; return what it wrote."""
    homes = [path, *(Path(core_harness.__path__[0]).parents[1] / name for name in ("harness", "plugins"))]
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, homes))},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_packages_install_and_pass_their_tests(packages: list[Path], tmp_path: Path) -> None:
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    python("-m", "pip", "install", *offline, "--target", tmp_path, *packages, cwd=tmp_path, path=tmp_path)
    said = python("-m", "pytest", "-q", "-p", "no:cacheprovider", *packages, cwd=tmp_path, path=tmp_path)
    assert re.search(r"\d+ passed", said)


@pytest.mark.slow
def test_packages_are_typed_and_clean(packages: list[Path], tmp_path: Path) -> None:
    home = packages[0].parent
    style = ("--isolated", "--no-cache", "--line-length", "110", home)
    python("-m", "ruff", "format", "--check", *style, cwd=home, path=tmp_path)
    python("-m", "ruff", "check", "--select", "E,F,W,B,UP,SIM,RET", *style, cwd=home, path=tmp_path)
    sources = [package / "src" for package in packages]
    python("-m", "mypy", "--strict", "--cache-dir", tmp_path, *sources, cwd=home, path=tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_package_holds_what_its_readme_lists(kind: Kind, tmp_path: Path) -> None:
    package = start_package(kind, "half-way", tmp_path)
    readme = (package / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([^`]+)`", readme, re.MULTILINE)
    assert listed
    assert [path for path in listed if not (package / path).is_file()] == []
    project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["core_harness"] == {"half-way": "core_harness_half_way.hooks"}
    assert len(SUMMARIES[kind]) <= LONGEST


@pytest.mark.parametrize("kind", KINDS)
def test_one_file_holds_hooks_and_component(kind: Kind, tmp_path: Path) -> None:
    file = start_file(kind, "half-way", tmp_path / "below")
    assert file.name == "half_way.py"
    names = {node.name for node in ast.parse(file.read_text(encoding="utf-8")).body if hasattr(node, "name")}
    hook = "core_strategies" if kind == "strategy" else f"core_{kind}s"
    assert hook in names
    assert any(name.startswith("HalfWay") for name in names) == (kind != "strategy")


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_command_is_one_that_takes_the_kind(kind: Kind, tmp_path: Path) -> None:
    said = run_here("plugins", "new", kind, "half-way", "--file", cwd=tmp_path).stderr
    command = "eval --strategy voting,half-way" if kind == "strategy" else "plugins check half-way"
    assert said == f"next: core-harness {command} --plugin half_way.py\n"


def test_a_matrix_without_its_columns_is_one_line(tmp_path: Path) -> None:
    start_file("dataset", "half-way", tmp_path)
    (tmp_path / "mine.tsv").write_text("gene\tG1\nA\t1\n", encoding="utf-8")
    options = ("--plugin", "half_way.py", "-p", "dataset.path=mine.tsv", "-s", "gene-frequency")
    done = run_here("eval", "-d", "half-way", *options, cwd=tmp_path)
    assert done.stderr == "Error: mine.tsv: no column 'perturbation'; the first line names the columns\n"


@given(st.sampled_from(KINDS), st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True))
def test_every_good_name_makes_python_that_compiles(
    tmp_path_factory: pytest.TempPathFactory, kind: Kind, name: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    try:
        package = start_package(kind, name, folder)
    except UsageError as error:
        assert "there already" in str(error)  # noqa: PT017  drawn by chance: the name of a built-in
        return
    for file in (start_file(kind, name, folder), *package.rglob("*.py")):
        compile(file.read_text(encoding="utf-8"), file, "exec")


@pytest.mark.parametrize(
    "name", ["", "My", "a--b", "-a", "a-", "1a", "a.b", "a/b", "../a", "a b", "é", "a\n", "a" * 41]
)
def test_a_bad_name_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    done = run_here("plugins", "new", "--", "aggregator", name, cwd=tmp_path)
    assert done.returncode == 2
    assert "is no name for a new aggregator" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["lambda", "string", "json", "hooks"])
def test_a_name_that_python_has_taken_is_refused(name: str, tmp_path: Path) -> None:
    done = run_here("plugins", "new", "retriever", name, "--file", cwd=tmp_path)
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
    assert f"'{name}' cannot be the name of a new module" in done.stderr


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("aggregator", "vote"),
        ("dataset", "simulated"),
        ("strategy", "voting"),
        ("llm", "qwen"),
        ("llm", "litellm"),
    ],
)
def test_a_name_that_means_something_is_refused(kind: Kind, name: str, tmp_path: Path) -> None:
    done = run_here("plugins", "new", kind, name, cwd=tmp_path)
    assert done.returncode == 2
    assert f"{kind} {name!r} is there already" in done.stderr


@pytest.mark.parametrize("options", [(), ("--file",)], ids=["package", "file"])
def test_nothing_is_written_over(options: tuple[str, ...], tmp_path: Path) -> None:
    command = ("plugins", "new", "retriever", "mine", *options)
    assert run_here(*command, cwd=tmp_path).returncode == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    again = run_here(*command, cwd=tmp_path)
    assert again.returncode == 2
    assert "is there already; move it" in again.stderr
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    into_a_file = run_here(*command, "--into", str(next(iter(before))), cwd=tmp_path)
    assert into_a_file.returncode == 2
    assert into_a_file.stderr.count("\n") == 1
