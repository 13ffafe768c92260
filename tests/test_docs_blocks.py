"""What the docs say to type works: each command parses, and is run unless a list says why it is not."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import make_frames
import make_protocols
import pytest
from docs_runner import PAGES, ROOT, Block, Reader, blocks
from small_pages import write_own, write_shared

from core_harness.cli import cli

ELSEWHERE = {
    "docs/example-plugin/README.md": "the same steps as in docs/plugins/index.md",
    "docs/tune.md": "tests/cli/test_tune.py",
}
"""Pages whose blocks are run by other tests."""

ASKS = "asks a model that wants a key"
DOWNLOADS = "downloads"
WEIGHTS = "wants weights of a model"
OWN_FILES = "wants files of the reader that no small ones stand for"
MINUTES = "takes minutes; the small one is in"
SEVERAL_MACHINES = "wants a cluster; tests/suites/test_sweeps_dask.py has two workers"
SUITE = "the same lines run in docs/leaderboard.md"

NOT_RUN: Mapping[str, Mapping[str, str]] = {
    "README.md": {
        "core-harness data pull all": DOWNLOADS,
        "core-harness eval --strategy isolated,reasoning --model qwen --limit 2000 --max-cost 1": ASKS,
        "core-harness eval --suite simulated": SUITE,
        "core-harness leaderboard build runs --suite simulated": SUITE,
    },
    "docs/bioreasoning.md": {"core-harness predict test.csv": ASKS},
    "docs/data.md": {"core-harness data pull": DOWNLOADS},
    "docs/drugs.md": {
        "core-harness eval --dataset genetak:screens": OWN_FILES,
        "core-harness curve": f"{MINUTES} tests/cli/test_curve.py",
        "CORE_HARNESS_DATA=... python benchmarks/drugs.py": "a benchmark",
    },
    "docs/index.md": {
        "core-harness data pull all": DOWNLOADS,
        "core-harness eval --strategy isolated,reasoning": "the same line runs in README.md",
    },
    "docs/labels.md": {
        "core-harness data label screen.h5ad": OWN_FILES,
        "core-harness data label results.csv": OWN_FILES,
    },
    "docs/leaderboard.md": {
        "core-harness eval --suite core-paper --model qwen --max-cost 20": ASKS,
        "core-harness eval --suite neurons": ASKS,
        "core-harness leaderboard build runs --suite neurons": ASKS,
    },
    "docs/models.md": {
        "core-harness models pull smollm2": DOWNLOADS,
        "core-harness eval --dataset perturbqa/k562 --only evaluable": WEIGHTS,
    },
    "docs/real-model.md": {
        "core-harness models pull smollm2": DOWNLOADS,
        "core-harness data pull all": DOWNLOADS,
        "core-harness demo": WEIGHTS,
    },
    "docs/reasoning.md": {
        "core-harness eval --dataset perturbqa/k562 --strategy voting --model qwen": ASKS,
        "core-harness demo": f"{MINUTES} tests/testing/test_demonstration.py",
    },
    "docs/sweep.md": {
        "dask": SEVERAL_MACHINES,
        "core-harness sweep plan.toml --executor dask": SEVERAL_MACHINES,
        "core-harness sweep plan.toml --model": ASKS,
    },
    "docs/voting.md": {
        "core-harness eval --suite voting": f"{MINUTES} tests/suites",
        "core-harness tune": f"{MINUTES} tests/cli/test_tune.py",
    },
}
"""Lines that are parsed and not run, by page: how each begins, and why."""

BEFORE = {
    "docs/reasoning.md": "core-harness eval --dataset perturbqa/k562 --strategy voting",
    "docs/verdicts.md": "core-harness eval --dataset perturbqa/k562 --strategy gene-frequency,potency,voting",
}
"""What readers of a page have done before they read it."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder that all pages read, so that the graph is built once."""
    folder = tmp_path_factory.mktemp("data")
    write_shared(folder)
    return folder


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def of_page(name: str) -> list[Block]:
    return list(blocks(ROOT / name))


def commands() -> Iterator[tuple[str, str]]:
    """Yield page and line of each command of the program."""
    for page in PAGES:
        for block in blocks(page):
            if block.is_typed:
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


def test_what_is_not_run_stands_in_the_docs() -> None:
    for page, reasons in NOT_RUN.items():
        lines = [line for block in of_page(page) if block.is_typed for line in block.lines]
        for beginning, reason in reasons.items():
            assert any(line.startswith(beginning) for line in lines), (
                f"{page} has no {beginning!r} ({reason})"
            )
    assert {*NOT_RUN, *ELSEWHERE, *BEFORE} <= set(map(name_of, PAGES))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_blocks_are_whole(page: Path) -> None:
    for block in blocks(page):
        if block.language == "toml":
            tomllib.loads(block.text)
        elif block.language == "python":
            compile(block.text, str(page), "exec")


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if any(blocks(page))], ids=name_of)
def test_a_page_runs_as_written(page: Path, data: Path, tmp_path: Path) -> None:
    name = name_of(page)
    if name in ELSEWHERE:
        pytest.skip(f"run by {ELSEWHERE[name]}")
    write_own(tmp_path)
    with Reader(tmp_path, data) as reader:
        if name in BEFORE:
            reader.type(BEFORE[name])
        for block in blocks(page):
            reader.do(block, leave_out=NOT_RUN.get(name, ()))


def test_pages_from_docstrings_are_those_of_the_code() -> None:
    for module in (make_protocols, make_frames):
        for path, text in module.pages():
            written = path.read_text(encoding="utf-8")
            assert written.rstrip() == text.rstrip(), f"run python docs/{module.__name__}.py"
