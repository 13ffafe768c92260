"""Pictures are files that say in words what can be seen; tables come in the form that is asked for."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from small_runs import made, rewrite

from core_harness.cli import cli
from core_harness.runs.folder import Run
from core_harness.runs.manifest import SCHEMA_VERSION

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert(1)</script> $x_1$ \x1b[31m & more"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    return made(tmp_path_factory.mktemp("runs"))


def ran(*arguments: str, runs: list[Run]) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--in", str(runs[0].folder.parent)], catch_exceptions=False)


@pytest.mark.parametrize("command", [["runs", "show"], ["compare"]], ids=["show", "compare"])
def test_an_svg_says_what_it_shows(command: list[str], runs: list[Run], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    names = [run.name for run in (runs if command == ["compare"] else runs[1:])]
    files = [tmp_path / name for name in ("one.svg", "two.svg")]
    for file in files:
        done = ran(*command, *names, "--plot", str(file), runs=runs)
        assert done.exit_code == 0, done.output
    assert files[0].read_bytes() == files[1].read_bytes()
    root = ET.parse(files[0]).getroot()
    title, description = root[0], root[1]
    assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
    assert root.get("role") == "img"
    assert "SIMULATED" in (title.text or "")
    value = runs[1].report()["metrics"]["macro_gene_auroc"]["value"]
    assert f"{value:.3f} [" in (description.text or "")
    assert [element for element in root.iter(f"{SVG}text") if "SIMULATED" in "".join(element.itertext())]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.svg", "two.svg"]


def test_a_png_is_a_png(runs: list[Run], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / "run.PNG"
    assert ran("runs", "show", runs[0].name, "--plot", str(file), runs=runs).exit_code == 0
    assert file.read_bytes().startswith(b"\x89PNG")


def test_a_hostile_name_is_text(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    frequency, voting = made(tmp_path / "runs")
    hostile = rewrite(voting, method={"label": HOSTILE})
    file = tmp_path / "x.svg"
    done = ran("compare", frequency.name, hostile.name, "--plot", str(file), runs=[frequency])
    assert done.exit_code == 0, done.output
    root = ET.parse(file).getroot()
    assert not list(root.iter(f"{SVG}script"))
    assert HOSTILE.replace("\x1b", "?") in ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


@pytest.mark.slow
def test_where_there_is_no_probability_there_is_no_reliability_curve(runs: list[Run], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    (control,) = made(tmp_path / "runs", ["voting"], control="random-neighbours")
    file = tmp_path / "x.svg"
    assert ran("runs", "show", control.name, "--plot", str(file), runs=[control]).exit_code == 0
    words = ET.parse(file).getroot()[1].text or ""
    assert "share of positives" not in words
    assert "Number of genes by their AUROC" in words


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("picture.pdf", "is neither .svg nor .png"),
        ("no/such/folder/picture.svg", "cannot write"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(file: str, message: str, runs: list[Run], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    done = ran("runs", "show", runs[0].name, "--plot", str(tmp_path / file), runs=runs)
    assert done.exit_code == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_without_matplotlib_the_extra_is_named(runs: list[Run], tmp_path: Path) -> None:
    program = "import sys; sys.modules['matplotlib'] = None; from core_harness.cli import main; main()"
    arguments = ["runs", "show", str(runs[0].folder), "--plot", "x.svg"]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 2
    assert "pip install 'core-harness[plots]'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_an_unfinished_run_is_not_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    (run,) = made(tmp_path, ["gene-frequency"])
    rewrite(run, state="running")
    for more in (["--plot", str(tmp_path / "x.svg")], ["--format", "csv"]):
        done = ran("runs", "show", run.name, *more, runs=[run])
        assert done.exit_code == 5
        assert "it has no figures" in done.stderr
    assert "did not end" in ran("runs", "show", run.name, runs=[run]).stdout


def test_runs_as_csv_and_markdown(runs: list[Run]) -> None:
    listed = list(csv.DictReader(io.StringIO(ran("runs", "list", "--format", "csv", runs=runs).stdout)))
    assert [row["run"] for row in listed] == [run.name for run in runs]
    assert {(row["regime"], row["simulated"]) for row in listed} == {("unseen-perturbation", "True")}
    show = ["runs", "show", runs[1].name]
    shown = list(csv.DictReader(io.StringIO(ran(*show, "--format", "csv", runs=runs).stdout)))
    metrics = runs[1].report()["metrics"]
    assert [row["metric"] for row in shown] == list(metrics)
    by_name = {row["metric"]: row for row in shown}
    assert float(by_name["ece"]["low"]) == metrics["ece"]["low"]
    assert float(listed[1]["macro_gene_auroc_value"]) == metrics["macro_gene_auroc"]["value"]
    markdown = ran(*show, "--format", "md", runs=runs).stdout
    assert "SIMULATED" in markdown.splitlines()[0]
    assert "| macro-per-gene AUROC |" in markdown
    assert ran("runs", "list", "--format", "md", runs=runs).stdout.count("\n") == 4
    same = [
        ran("runs", "show", runs[1].name, *form, runs=runs).stdout
        for form in (["--json"], ["--format", "json"])
    ]
    assert same[0] == same[1]
    assert json.loads(same[0])["run"]["schema_version"] == SCHEMA_VERSION
