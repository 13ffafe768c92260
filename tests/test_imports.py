"""The house holds: imports point one way, and `--help` imports nothing heavy."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import core_harness
import core_harness_plugins
from core_harness.plugins import protocols

CORE = Path(core_harness.__path__[0])
PLUGINS = Path(core_harness_plugins.__path__[0])

# Each room may import the rooms of earlier lines, and those left of it in its line.
FLOORS = [
    ["errors", "text", "sections", "vocabulary"],
    ["schemas", "paths", "knowledge"],
    ["registry", "llm", "metrics", "runs"],
    ["data", "prompts"],
    ["evidence"],
    ["plugins"],
    ["evaluation"],
    ["analysis", "suites", "testing"],
    ["pages"],
    ["leaderboard"],
    ["cli"],
    ["__init__", "__main__"],
]
RANK = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# What a plugin imports: the modules that plugins/protocols.py lists, by name, and nothing below them.
PUBLIC = {
    "core_harness",
    "core_harness.data.rates",
    "core_harness.data.tables",
    "core_harness.errors",
    "core_harness.evidence.two_steps",
    "core_harness.knowledge.drugs",
    "core_harness.knowledge.kernels",
    "core_harness.knowledge.filters",
    "core_harness.knowledge.targets",
    "core_harness.llm",
    "core_harness.plugins.limits",
    "core_harness.plugins.protocols",
    "core_harness.prompts",
    "core_harness.testing",
}


def imports_of(path: Path) -> Iterator[str]:
    """Yield the absolute modules that a file imports when it is loaded or run, type checking left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            if node.module == "core_harness":
                yield from (
                    f"core_harness.{a.name}" if a.name in RANK else "core_harness" for a in node.names
                )
            else:
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    yield (
                        inner
                        if Path(CORE.parent, *inner.split(".")).with_suffix(".py").exists()
                        else node.module
                    )


def room_of(path: Path) -> str:
    return path.relative_to(CORE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda p: str(p.relative_to(CORE)))
def test_imports_of_the_core_point_one_way(path: Path) -> None:
    room = room_of(path)
    assert room in RANK, f"{room} is no room of the house; give it a floor"
    for module in imports_of(path):
        assert not module.startswith("core_harness_plugins"), f"{path} names the built-ins"
        parts = module.split(".")
        if parts[0] != "core_harness" or len(parts) == 1:
            continue
        other = parts[1]
        assert (
            other == room
            or RANK[other] < RANK[room]
            or room in FLOORS[RANK[other]][FLOORS[RANK[other]].index(other) + 1 :]
        ), f"{room} imports {other}, which is on a higher floor"


@pytest.mark.parametrize("path", sorted(PLUGINS.rglob("*.py")), ids=lambda p: str(p.relative_to(PLUGINS)))
def test_built_ins_use_public_names_only(path: Path) -> None:
    for module in imports_of(path):
        if module.split(".")[0] == "core_harness":
            assert module in PUBLIC, f"{path} imports {module}, which is not public"


def test_the_manual_lists_what_is_public() -> None:
    assert set(re.findall(r"^``([\w.]+)`` ", protocols.__doc__ or "", re.MULTILINE)) == PUBLIC


def test_no_file_imports_itself_by_way_of_others() -> None:
    files = {
        ".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for root in (CORE, PLUGINS)
        for path in root.rglob("*.py")
        if path != CORE / "__init__.py"
    }
    TopologicalSorter(
        {name: {module for module in imports_of(path) if module in files} for name, path in files.items()}
    ).prepare()  # raises CycleError


def test_no_file_is_a_god_file() -> None:
    long = {
        str(path.relative_to(root)): lines
        for root in (CORE, PLUGINS, Path(__file__).parent)
        for path in root.rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 350
    }
    assert not long


@pytest.mark.slow
def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from core_harness.cli import cli\n"
        "def show(command, path):\n"
        "    cli([*path, '--help'], standalone_mode=False)\n"
        "    for name, child in getattr(command, 'commands', {}).items():\n"
        "        show(child, [*path, name])\n"
        "show(cli, [])\n"
        "heavy = {'litellm', 'sklearn', 'polars', 'rdflib', 'scipy', 'numpy', 'pydantic', 'pooch'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.count("Usage: ") > 20
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_public_surface() -> None:
    tree = ast.parse((CORE / "__init__.py").read_text(encoding="utf-8"))
    (typed,) = (node for node in tree.body if isinstance(node, ast.If))
    imported = {a.name for node in typed.body if isinstance(node, ast.ImportFrom) for a in node.names}
    assert set(core_harness.__all__) == imported  # what type checkers see
    for name in core_harness.__all__:
        assert getattr(core_harness, name) is not None
    assert set(dir(core_harness)) == set(core_harness.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        core_harness.nonsense  # noqa: B018
