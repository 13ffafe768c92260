"""compare, score and runs show on the command line; tests/analysis/test_audit_runs.py tests audit."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from program import run_apart, run_here
from small_runs import made, rewrite
from worlds import world

from core_harness.cli.output.plots import bar, gauge, sparkline
from core_harness.text import as_csv, as_markdown, p_value

BLOCKS = set("▁▂▃▄▅▆▇█▏▎▍▌▋▊▉│")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("home")
    return folder, [run.name for run in made(folder / "runs")]


def test_compare_prints_what_was_found(runs: tuple[Path, list[str]]) -> None:
    folder, names = runs
    done = run_here("compare", *names, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for said in (
        "SIMULATED",
        "2 - 1",
        "yes",
        "changed most, 1 to 2",
        "the same for all runs",
        "8 times in 10",
    ):
        assert said in done.stdout
    assert "\x1b" not in done.stdout
    assert BLOCKS & set(done.stdout)


@pytest.mark.slow
def test_where_there_are_no_blocks_there_is_ascii(runs: tuple[Path, list[str]]) -> None:
    folder, names = runs
    for arguments in (["compare", *names], ["runs", "show", names[1]]):
        done = run_apart(*arguments, cwd=folder, PYTHONIOENCODING="ascii", NO_COLOR="1")
        assert done.returncode == 0, done.stderr
        assert done.stdout.isascii()
        assert "\x1b" not in done.stdout


def test_compare_as_json_markdown_and_csv(runs: tuple[Path, list[str]]) -> None:
    folder, names = runs
    content = json.loads(run_here("compare", *names, "--json", cwd=folder).stdout)
    assert content == json.loads(run_here("compare", *names, "--format", "json", cwd=folder).stdout)
    assert content["schema_version"] == 1
    assert content["simulated"] is True
    assert [run["run"] for run in content["runs"]] == names
    (row,) = csv.DictReader(io.StringIO(run_here("compare", *names, "--format", "csv", cwd=folder).stdout))
    assert float(row["difference_value"]) == content["contrasts"][0]["value"]
    assert (row["regime"], row["simulated"], row["dataset"]) == ("unseen-perturbation", "True", "simulated")
    assert int(row["pairs"]) == content["pairs"]
    markdown = run_here("compare", *names, "--format", "md", cwd=folder).stdout
    assert "| 2 - 1 |" in markdown
    assert "SIMULATED" in markdown


def test_runs_show_draws_the_curve_and_the_genes(runs: tuple[Path, list[str]]) -> None:
    folder, names = runs
    shown = run_here("runs", "show", names[1], cwd=folder).stdout
    assert "0 to 1 (stroke: perfect)" in shown
    assert "0.95 to 1 " in shown
    assert "lie at .5, which is chance, or above" in shown


def test_without_its_data_a_run_is_shown_without_genes(tmp_path: Path) -> None:
    world(perturbations=40).write_csv(tmp_path / "world.csv")
    made_run = run_here("eval", "-d", "table:world.csv", "-s", "gene-frequency", "--json", cwd=tmp_path)
    name = Path(json.loads(made_run.stdout)["results"][0]["run"]).name
    (tmp_path / "world.csv").unlink()
    shown = run_here("runs", "show", name, cwd=tmp_path)
    assert shown.returncode == 0
    assert "genes by AUROC are not shown: world.csv is not there" in shown.stderr
    refused = run_here("compare", name, name, cwd=tmp_path)
    assert refused.returncode == 3
    assert len(refused.stderr.strip().splitlines()) == 1


HOSTILE = "<script>alert(1)</script> \x1b[31mred\x1b[0m [bold]x[/bold] =1+1 | cell"


def test_a_hostile_name_is_harmless(tmp_path: Path) -> None:
    frequency, voting = made(tmp_path / "runs")
    rewrite(voting, method={"label": HOSTILE})
    for arguments in (
        ["compare", frequency.name, voting.name],
        ["compare", frequency.name, voting.name, "--format", "md"],
        ["compare", frequency.name, voting.name, "--format", "csv"],
        ["audit", voting.name],
        ["runs", "show", voting.name],
        ["runs", "list"],
    ):
        done = run_here(*arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        if "csv" in arguments:
            (row,) = csv.DictReader(io.StringIO(done.stdout))
            assert row["second_method"] == HOSTILE.replace("\x1b", "?")
            continue
        assert "\x1b" not in done.stdout
        assert "[bold]x[/bold]" in done.stdout.replace("\\", "")
        if "md" in arguments:
            assert "<script>" not in done.stdout
            assert "\\| cell" in done.stdout


def test_score_prints_a_table_and_what_was_odd(tmp_path: Path) -> None:
    world(perturbations=60).write_csv(tmp_path / "world.csv")
    answers = world(perturbations=60).filter(split="test").select("perturbation", "gene", score="label")
    pl.concat([answers.head(-5), answers.head(2)]).write_csv(tmp_path / "answers.csv")
    done = run_here("score", "answers.csv", "-d", "table:world.csv", "--name", "oracle", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for said in (
        "undeclared regime",
        "oracle",
        "5 of the",
        "asked pairs are not in the file",
        "2 asked pairs",
    ):
        assert said in done.stdout
    as_json = run_here("score", "answers.csv", "-d", "table:world.csv", "--json", cwd=tmp_path)
    content = json.loads(as_json.stdout)
    assert content["received"]["missing"] == 5
    assert content["received"]["doubled"] == 2
    assert content["metrics"]["macro_gene_auroc"]["value"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["compare", "a"], 5, "a is not a run folder"),
        (["compare"], 2, "Missing argument"),
        (["score", "absent.csv", "-d", "simulated"], 3, "absent.csv is not there"),
        (["score", "absent.csv", "-d", "simulatd"], 2, "did you mean 'simulated' or 'simulated-dir'?"),
        (["score", "absent.csv"], 2, "Missing option"),
        (["audit", "nonsense"], 2, "unknown dataset 'nonsense'"),
    ],
)
def test_bad_input_is_an_exit_code_and_no_traceback(
    arguments: list[str], code: int, message: str, tmp_path: Path
) -> None:
    done = run_here(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


# ------------------------------------------------------------ plots and forms


@given(st.lists(st.integers(0, 1000), max_size=30), st.booleans())
def test_a_sparkline_has_a_character_a_count(counts: list[int], ascii_only: bool) -> None:
    drawn = sparkline(counts, ascii_only=ascii_only)
    assert len(drawn) == len(counts)
    assert [character != " " for character in drawn] == [count > 0 for count in counts]
    assert drawn.isascii() or not ascii_only


@given(st.floats(0, 1), st.floats(0, 1), st.integers(5, 60), st.booleans())
def test_bars_keep_their_width(share: float, mark: float, width: int, ascii_only: bool) -> None:
    drawn = bar(share, width=width, ascii_only=ascii_only)
    assert len(drawn) <= width
    assert (drawn != "") == (share > 0)
    assert len(gauge(share, mark, width=width, ascii_only=ascii_only)) == width


def test_more_is_longer() -> None:
    drawn = [bar(share / 100, width=40, ascii_only=False) for share in range(101)]
    lengths = [len(text) for text in drawn]
    assert lengths == sorted(lengths)
    assert drawn[-1] == "█" * 40
    assert sparkline([0, 1, 2, 4, 8], ascii_only=False) == " ▁▂▄█"


def test_cells_are_escaped() -> None:
    rows: list[dict[str, Any]] = [{"a": "x|y", "b": None, "c": 0.123456}, {"a": "=1+1", "b": 3, "c": -1.5}]
    assert (
        as_markdown(rows)
        == "| a | b | c |\n| --- | --- | --- |\n| x\\|y | - | 0.1235 |\n| =1+1 | 3 | -1.5 |\n"
    )
    assert as_csv(rows) == "a,b,c\nx|y,,0.123456\n'=1+1,3,-1.5\n"
    assert [p_value(p) for p in (None, 0.5, 1e-9)] == ["-", "0.500", "< .001"]
