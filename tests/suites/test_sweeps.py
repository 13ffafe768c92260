"""``core-harness sweep``: what it runs, what that costs, what it says, and that nothing is done twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from program import run_here
from small_sweeps import FREE, made, write_plan

from core_harness.testing import TestServer

TINY = [f"-pdataset.{name}" for name in ("perturbations=24", "genes=10", "modules=4")]
ASKING = 'datasets = ["simulated"]\nstrategies = ["gene-frequency", "isolated"]\nseeds = [0, 1]\n'
MODELS = 'models = ["hosted_vllm/one", "hosted_vllm/two"]\n'


@pytest.fixture
def server() -> Iterator[TestServer]:
    with TestServer(model="follows-evidence") as running:
        yield running


def sweep(folder: Path, *arguments: str, server: TestServer | None = None, code: int = 0) -> Any:
    """Run a sweep and return its JSON."""
    environment = {"CORE_HARNESS_CACHE": str(folder / "cache")} | (server.environment if server else {})
    done = run_here("sweep", *arguments, "--json", cwd=folder, **environment)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def calls_of(content: Any) -> int:
    return sum(cell["estimate"]["calls"] for cell in content["cells"] if cell["estimate"])


def test_lists_are_a_grid_that_is_run_once_and_ranked(tmp_path: Path) -> None:
    asked = ("sweep", "-d", "simulated", "-s", "gene-frequency,voting", "--seed", "0", "--seed", "1", *TINY)
    done = run_here(*asked, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "4 cells: 0 complete, 4 to run" in done.stderr
    assert "[4/4] simulated voting 1: " in done.stderr
    figures = [float(line.split()[4]) for line in done.stdout.splitlines()[1:5]]
    assert figures == sorted(figures, reverse=True)
    compare = done.stdout.splitlines()[-1].removeprefix("next: core-harness ").split()
    compared = run_here(*compare, cwd=tmp_path)
    assert compared.returncode == 0, compared.stderr
    before = made(tmp_path / "runs")
    assert {(label, seed) for _, label, _, seed in before} == {
        (label, seed) for label in ("gene-frequency", "voting") for seed in (0, 1)
    }
    again = run_here(*asked, cwd=tmp_path)
    assert "4 cells: 4 complete, 0 to run" in again.stderr
    assert again.stdout == done.stdout
    assert made(tmp_path / "runs") == before


def test_controls_are_cells_beside_what_they_break(tmp_path: Path) -> None:
    controls = ("--control", "none,shuffled-labels", "--control-seeds", "2")
    found = sweep(tmp_path, "-d", "simulated", "-s", "constant", *controls, *TINY)
    assert [cell["control"] for cell in found["cells"]] == [None, "shuffled-labels"]
    assert len({cell["run"] for cell in found["cells"]}) == 2
    again = sweep(tmp_path, "-d", "simulated", "-s", "constant", *controls[:-1], "3", *TINY)
    assert again["cells"][0]["run"] == found["cells"][0]["run"]
    assert again["cells"][1]["run"] != found["cells"][1]["run"]


def test_a_failing_cell_is_a_row_and_the_others_are_run(tmp_path: Path) -> None:
    plan = ("-d", "simulated,perturbqa/k562", "-s", "constant,votng", *TINY)
    done = run_here("sweep", *plan, cwd=tmp_path)
    assert done.returncode == 2
    assert "3 of 4 cells failed, first simulated votng: unknown strategy 'votng'" in done.stderr
    assert "not run" in done.stdout
    found = sweep(tmp_path, *plan, code=2)
    reasons = {(cell["dataset"], cell["strategy"]): cell["reason"] for cell in found["cells"]}
    assert reasons["simulated", "constant"] is None
    assert "perturbations" in reasons["perturbqa/k562", "constant"]
    assert len(made(tmp_path / "runs")) == 1


@pytest.mark.slow
def test_the_plan_counts_each_prompt_once_and_the_server_counts_the_same(
    tmp_path: Path, server: TestServer
) -> None:
    write_plan(tmp_path, ASKING + MODELS)
    planned = sweep(tmp_path, "plan.toml", "--dry-run", server=server)
    assert server.stats.requests == 0
    assert not (tmp_path / "runs").exists()
    for asked in ("hosted_vllm/one", "hosted_vllm/two"):  # without a limit both seeds ask the same
        first, second = (cell["estimate"] for cell in planned["cells"] if cell["model"] == asked)
        assert first["calls"] == first["distinct"] == second["known"] > second["calls"] == 0
    ended = sweep(tmp_path, "plan.toml", server=server)
    assert [cell["reason"] for cell in ended["cells"]] == [None] * 6
    assert server.stats.requests == server.stats.distinct == calls_of(planned)
    again = sweep(tmp_path, "plan.toml", server=server)
    assert [cell["run"] for cell in again["cells"]] == [cell["run"] for cell in ended["cells"]]
    assert calls_of(sweep(tmp_path, "plan.toml", "--dry-run", server=server)) == 0
    assert server.stats.requests == calls_of(planned)


@pytest.mark.slow
def test_one_budget_is_for_all_cells_however_often_the_command_is_given(
    tmp_path: Path, server: TestServer
) -> None:
    write_plan(tmp_path, ASKING + MODELS + "max_calls = 20\n")
    whole = calls_of(sweep(tmp_path, "plan.toml", "--dry-run", server=server))
    first = sweep(tmp_path, "plan.toml", server=server)
    assert server.stats.requests == 20 < whole
    said = {str(cell["reason"]).partition(":")[0] for cell in first["cells"] if cell["reason"]}
    assert said <= {"partial", "not asked"}
    sweep(tmp_path, "plan.toml", server=server)
    assert server.stats.requests == 20  # what complete runs have spent counts, too
    last = sweep(tmp_path, "plan.toml", "--max-calls", str(whole), server=server)
    assert {cell["reason"] for cell in last["cells"]} == {None}
    assert server.stats.requests == server.stats.distinct == whole


@pytest.mark.slow
def test_workers_of_loky_make_the_same_bytes(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, executor in ((here, ()), (there, ("--executor", "loky", "--workers", "2"))):
        folder.mkdir()
        write_plan(folder, FREE)
        sweep(folder, "plan.toml", *executor)
    assert made(here / "runs") == made(there / "runs")
    assert len(made(here / "runs")) == 6


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--workers", "2"), "the executor sequential has none"),
        (("--executor", "loky", "--dask-address", "tcp://127.0.0.1:1"), "goes with the executor dask"),
        (("--max-cost", "-1"), "max cost is -1.0; it cannot be less than 0"),
        (("--seed", "-1"), "--seeds: input should be greater than or equal to 0"),
    ],
)
def test_options_that_do_not_fit_are_one_line(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    done = run_here("sweep", "-d", "simulated", "-s", "constant", *options, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "runs").exists()
