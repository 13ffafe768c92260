"""A table is the same whatever the order of the rows, comes again from its manifest, and is drawn as said."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from data.labels.de_worlds import deseq2, pdex, results
from data.labels.test_tools import label
from program import run_here

from core_harness.data.labels import parts
from core_harness.data.labels.making import label_again, label_files
from core_harness.data.labels.request import LabelRequest
from core_harness.errors import DataError, UsageError

MANY = tuple(f"P{number}" for number in range(30))


def quiet(*_: object) -> None:
    return


@pytest.mark.parametrize("name", ["labels.csv", "labels.parquet"])
@pytest.mark.parametrize(
    "asked",
    [{}, {"rows": 20, "split": "perturbation=.25"}, {"prevalence": 0.6, "split": "perturbation+gene=.5"}],
)
def test_the_order_of_rows_and_the_size_of_batches_do_not_matter(
    name: str, asked: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = LabelRequest.model_validate({**asked, "seed": 3})
    made = []
    for order in ("as it is", "shuffled", "in batches"):
        frame = results(MANY)
        if order != "as it is":
            frame = frame.sample(fraction=1, shuffle=True, seed=1)
        if order == "in batches":
            monkeypatch.setattr(parts, "_BATCH", 500)
        label_files(pdex(frame, tmp_path), request, tmp_path / name, tell=quiet)
        made.append((tmp_path / name).read_bytes())
    table = pl.read_csv(tmp_path / name) if name.endswith("csv") else pl.read_parquet(tmp_path / name)
    keys = ["context", "perturbation", "gene"]
    assert table.equals(table.sort(keys))
    assert table.select(keys).is_unique().all()
    assert made[0] == made[1]
    if name.endswith("csv"):  # groups of rows of a Parquet file follow the batches
        assert made[1] == made[2]


def test_the_same_bytes_come_from_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    paths = deseq2(results(), tmp_path / "in")
    request = LabelRequest(prevalence=0.6, split="perturbation=.25", seed=5)
    label_files(paths, request, tmp_path / "labels.csv", tell=quiet)
    before = (tmp_path / "labels.csv").read_bytes(), (tmp_path / "labels.csv.manifest.json").read_bytes()
    (tmp_path / "labels.csv").unlink()
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    label_again(moved / "labels.csv.manifest.json", None, tell=quiet)
    after = (moved / "labels.csv").read_bytes(), (moved / "labels.csv.manifest.json").read_bytes()
    assert after == before
    with (moved / "in" / "MYC.csv").open("a") as file:
        file.write("\n")
    with pytest.raises(DataError, match=r"MYC\.csv is not the file that .* was made from"):
        label_again(moved / "labels.csv.manifest.json", None, tell=quiet)


def test_equal_rows_and_the_stated_prevalence(tmp_path: Path) -> None:
    paths = pdex(results(MANY), tmp_path)
    whole, _ = label(paths)
    table, manifest = label(paths, LabelRequest(prevalence=0.6))
    by_perturbation = table.group_by("perturbation").len()
    assert by_perturbation["len"].n_unique() == 1
    assert manifest.counts.prevalence == pytest.approx(0.6, abs=0.02)
    assert table.join(whole, on=table.columns, how="anti", nulls_equal=True).is_empty()
    assert any("gene frequency" in note for note in manifest.notes)
    other, _ = label(paths, LabelRequest(prevalence=0.6, seed=1))
    assert not other.equals(table)
    fixed, manifest = label(paths, LabelRequest(rows=10))
    assert set(fixed.group_by("perturbation").len()["len"]) == {10}
    assert manifest.counts.left_out["changed, not drawn"] > 0


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"prevalence": 0.01}, "too few negatives for a prevalence of 0.01; .* the lowest is"),
        ({"rows": 10_000}, "no perturbation of unspecified has 10,000 labelled rows"),
        ({"rows": 3, "prevalence": 0.1}, "give one"),
        ({"rows": 3, "negatives": "leave-out"}, "without negatives there are none to draw"),
        ({"split": "context=.5"}, "there is one context only"),
        ({"split": "genes=.5"}, "is not AXIS=SHARE"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(asked: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        label(pdex(results(), tmp_path), LabelRequest.model_validate(asked))


def test_the_command_writes_a_table_that_can_be_evaluated(tmp_path: Path) -> None:
    (path,) = pdex(results(MANY), tmp_path)
    done = run_here("data", "label", path.name, "--split", "perturbation=.25", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "up" in done.stdout
    assert "between the thresholds" in done.stdout
    table = pl.read_csv(tmp_path / "labels.csv")
    assert table.columns[:5] == ["context", "perturbation", "gene", "label", "split"]
    again = run_here(
        "data", "label", "--again", "labels.csv.manifest.json", "-o", "two.csv", "--json", cwd=tmp_path
    )
    assert json.loads(again.stdout)["counts"]["labels"].keys() == {"up", "down", "none"}
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "labels.csv").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the files to label"),
        (("--again", "x.json", "--seed", "1"), "--seed does not go with --again"),
        (("--again", "x.json"), "x.json is not there"),
        (("x.csv", "-o", "y.txt"), "should end in .csv or .parquet"),
        (("x.csv", "--fdr", "7"), "out of range"),
    ],
)
def test_wrong_options_are_one_line(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = run_here("data", "label", *arguments, cwd=tmp_path)
    assert done.returncode in {2, 3}
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
