"""Which plugins are imported is decided before any of them is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from program import run_here
from small_packages import installed_package

from core_harness.cli import cli
from core_harness.plugins.choice import choosing
from core_harness.plugins.discovery import installed

HOOKS = """
from pathlib import Path
from core_harness import Component, hookimpl

(Path(__file__).parent.parent / "imported").touch()

@hookimpl
def core_llms():
    return [Component("echo", f"{__package__}.work:Echo", "says it again")]
"""


@pytest.fixture
def marker(tmp_path: Path) -> Iterator[Path]:
    """Install a plugin that leaves a file where it is imported, and return that file."""
    with installed_package(tmp_path, "echo_llm", {"hooks.py": HOOKS}):
        yield tmp_path / "imported"


@pytest.mark.parametrize(
    ("options", "listed", "imported"),
    [
        ((), None, True),
        ((), "echo-llm", True),
        ((), "another, Echo_LLM", True),
        ((), "another", False),
        ((), "", False),
        (("--no-plugin", "echo_llm"), None, False),
        (("--no-plugin", "echo-llm"), "echo_llm", False),
        (("--no-plugin", "all"), None, False),
    ],
)
def test_what_is_left_out_is_not_imported(
    marker: Path, options: tuple[str, ...], listed: str | None, imported: bool
) -> None:
    environment = {} if listed is None else {"CORE_HARNESS_PLUGINS": listed}
    done = run_here("models", *options, "--json", cwd=marker.parent, **environment)
    names = {one["name"] for one in json.loads(done.stdout)["components"]}
    assert {"litellm", "llamacpp"} <= names  # the built-in ones are always there
    assert ("echo" in names, marker.exists()) == (imported, imported)
    if not imported:
        asked = ("eval", "-s", "voting", "--aggregator", "echo", *options)
        assert "left out: echo_llm" in run_here(*asked, cwd=marker.parent, **environment).stderr


def test_options_before_a_command_of_a_group_are_refused_and_not_forgotten(marker: Path) -> None:
    for options in (("--no-plugin", "echo_llm"), ("--plugin", "mine.py")):
        done = run_here("plugins", *options, "show", "voting", cwd=marker.parent)
        assert done.returncode == 2
        assert "--plugin and --no-plugin go behind show" in done.stderr
        assert not marker.exists()


def test_a_distribution_that_is_not_there_cannot_be_left_out(marker: Path) -> None:
    done = run_here("models", "--no-plugin", "echo", cwd=marker.parent)
    assert done.returncode == 2
    assert "unknown distribution 'echo'; did you mean 'echo_llm'?" in done.stderr
    assert not marker.exists()


def commands(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))


def test_help_version_and_completion_import_no_plugin(marker: Path) -> None:
    for path in commands(cli):
        assert run_here(*path, "--help", cwd=marker.parent).returncode == 0
    assert run_here("--version", cwd=marker.parent).returncode == 0
    for words in ("eval --aggregator ", "eval --strategy ", "eval --model ", "eval --dataset ", "eval --"):
        completed = {"COMP_WORDS": f"core-harness {words}", "COMP_CWORD": str(len(words.split(" ")))}
        done = run_here(cwd=marker.parent, _CORE_HARNESS_COMPLETE="bash_complete", **completed)
        assert done.stdout
    assert not marker.exists()
    installed()
    assert marker.exists()


def test_a_choice_ends_with_its_context(marker: Path) -> None:
    def distributions() -> set[str]:
        return {one.distribution for one in installed().components}

    with choosing(without=["all"]):
        assert distributions() == {"core-harness"}
        assert installed().left_out == ("echo_llm",)
    assert "echo_llm" in distributions()
