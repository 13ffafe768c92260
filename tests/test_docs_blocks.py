"""What the docs say to type works: each command parses, and what needs no data, key or network is run."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import make_frames
import make_protocols
import pytest
from docs_runner import PAGES, ROOT, Block, Reader, blocks

from core_harness.cli import cli

RUN = {"docs/plugins/index.md": "difference", "docs/sweep.md": "hosted_vllm/two"}
"""Pages whose every block is run, one after the other, and a word that is printed in the end."""

NOT_RUN = {
    "README.md": "needs files of the reader, keys, or minutes; its plugin runs in test_readme.py",
    "docs/bioreasoning.md": "needs the files of the challenge",
    "docs/cli.md": "help texts, generated",
    "docs/data.md": "needs the network",
    "docs/design.md": "drawings",
    "docs/drugs.md": "needs the data of L1000",
    "docs/example-plugin/README.md": "the same steps as in docs/plugins/index.md",
    "docs/index.md": "needs PerturbQA; its first run is a step of .ci/run",
    "docs/knowledge-graph.md": "needs the knowledge graph",
    "docs/labels.md": "needs results of the reader",
    "docs/leaderboard.md": "takes minutes, or needs a key; its site is built in tests/leaderboard",
    "docs/models.md": "needs a key, or weights",
    "docs/python.md": "run by the tests of the Python API",
    "docs/real-model.md": "needs weights",
    "docs/reasoning.md": "needs PerturbQA, or takes a minute",
    "docs/tune.md": "takes minutes",
    "docs/verdicts.md": "needs PerturbQA",
    "docs/voting.md": "needs PerturbQA",
}
"""Why the blocks of a page are parsed and not run."""


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def of_page(name: str) -> list[Block]:
    return list(blocks(ROOT / name))


def commands() -> Iterator[tuple[str, str]]:
    """Yield page and line of each command of the program."""
    for page in PAGES:
        for block in blocks(page):
            if block.language in {"", "bash"}:
                yield from ((name_of(page), line) for line in block.lines if line.startswith("core-harness "))


def parse(line: str) -> None:
    """Parse a command as the program would, without running it."""
    command: click.Command = cli
    words = shlex.split(line.removesuffix("&"))
    arguments = words[1:]
    context = click.Context(cli, info_name="core-harness", **cli.context_settings)
    while isinstance(command, click.Group):
        if not arguments or arguments[0].startswith("-"):
            break
        name = arguments.pop(0)
        found = command.get_command(context, name)
        if found is None:
            raise click.UsageError(f"no command {name!r}")
        command = found
    options = [word for word in arguments if word != "..."]
    command.make_context(command.name, options, parent=context, resilient_parsing=False)


@pytest.mark.parametrize(("page", "line"), [*dict.fromkeys(commands())])
def test_each_command_parses(page: str, line: str) -> None:
    try:
        parse(line)
    except click.ClickException as error:
        pytest.fail(f"{page}: {line}: {error.format_message()}")


def test_a_command_that_is_not_there_is_seen() -> None:
    for line in (
        "core-harness evaluate",
        "core-harness eval --strategies voting",
        "core-harness plugins new it a",
    ):
        with pytest.raises(click.UsageError):
            parse(line)


def test_each_page_with_blocks_is_run_or_says_why_not() -> None:
    with_blocks = {name_of(page) for page in PAGES if any(blocks(page))}
    generated = {
        f"docs/plugins/{kind}.md" for kind in make_protocols.PARTS
    }  # one line, which index.md runs too
    assert with_blocks - generated == {*RUN, *NOT_RUN}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_blocks_are_whole(page: Path) -> None:
    for block in blocks(page):
        if block.language == "toml":
            tomllib.loads(block.text)
        elif block.language == "python":
            compile(block.text, str(page), "exec")


@pytest.mark.slow
@pytest.mark.parametrize("name", RUN)
def test_a_page_runs_as_written(name: str, tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        for block in of_page(name):
            reader.do(block)
    assert RUN[name] in reader.said


def test_pages_from_docstrings_are_those_of_the_code() -> None:
    for module in (make_protocols, make_frames):
        for path, text in module.pages():
            written = path.read_text(encoding="utf-8")
            assert written.rstrip() == text.rstrip(), f"run python docs/{module.__name__}.py"
