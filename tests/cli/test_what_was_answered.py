"""What ``eval`` says of answers, which code it ends with, and what asking needs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from program import run_here

from core_harness.evaluation.grading import mark_ungraded
from core_harness.evaluation.verdict import verdict
from core_harness.llm.answers import ANSWERS
from core_harness.testing import TestServer

SMALL = ("-p", "dataset.perturbations=24", "-p", "dataset.genes=12", "--limit", "20")


def evaluated(server: TestServer, folder: Path, *options: str) -> Any:
    return run_here(
        "eval",
        *("--strategy", "isolated", "--model", "hosted_vllm/m", "--api-base", server.url),
        *SMALL,
        *options,
        cwd=folder,
    )


def test_counts_and_mass_stand_below_the_table(tmp_path: Path) -> None:
    with TestServer(model="always-plausible") as server:
        done = evaluated(server, tmp_path)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if " answered; " in line]
    assert line.startswith("isolated: ")
    assert " answered; answer mass 1.00" in line
    (run,) = (tmp_path / "runs").iterdir()
    answers = json.loads((run / "run.json").read_text())["asking"]["answers"]
    assert answers["status"].keys() == {"ok"}
    assert answers["mass"] == pytest.approx(1.0)


def test_nothing_answered_has_a_code_of_its_own_and_no_verdict(tmp_path: Path) -> None:
    with TestServer(faults={"400": 1.0}) as server:
        done = evaluated(server, tmp_path)
    assert done.returncode == 8
    assert done.stderr.splitlines()[-1] == (
        "Error: isolated: not one answer of the model could be used; its run says why"
    )
    assert "no verdict, it answered nothing" in done.stdout
    assert "failed, e.g.: " in done.stdout


def test_under_half_answered_is_no_verdict() -> None:
    def said(ok: int, other: int) -> str:
        figure = {"value": 0.7, "low": 0.6, "high": 0.8, "genes": 40, "perturbations": 9}
        return verdict(
            [
                {
                    "strategy": "isolated",
                    "asking": {"ended": None, "answers": {"status": {"ok": ok, "cut_off": other}}},
                    "simulated_parts": [],
                    "coverage": {"scored": 90, "status": {"ok": ok, "no_contrast": 60}},
                    "metrics": {"macro_gene_auroc": figure, "pooled_auroc": {"value": 0.7}},
                }
            ]
        )

    assert said(4, 6) == "isolated: no verdict, the model answered 4 of 10 (6 cut off)."
    assert "tells perturbations" in said(5, 5)


def test_pairs_whose_relatives_were_not_graded_are_not_ok() -> None:
    pairs = pl.DataFrame(
        {"pair_id": [1, 2, 3], "perturbation": ["A", "A", "B"]}, schema_overrides={"pair_id": pl.UInt32}
    )
    rows = [
        (1, 0, None, "X", None, None, "unparsed", None, None),
        (3, 0, None, "X", 0.5, None, "ok", None, None),
        (3, 0, None, "Y", None, None, "unparsed", None, None),
    ]
    answers = pl.DataFrame(rows, schema=dict(ANSWERS), orient="row")
    predictions = pl.DataFrame(
        {"pair_id": [1, 2, 3], "score": [0.1, 0.2, 0.3], "status": ["ok", "no_evidence", "ok"]},
        schema_overrides={"pair_id": pl.UInt32},
    )
    marked = mark_ungraded(predictions, pairs, answers)
    assert marked["status"].to_list() == ["ungraded", "no_evidence", "ok"]
    assert marked["score"].to_list() == [0.1, 0.2, 0.3]


def test_a_dry_run_needs_no_key(tmp_path: Path) -> None:
    for model in ("qwen", "gpt-4.1", "openai/gpt-4.1"):
        done = run_here("eval", "--strategy", "isolated", "--model", model, *SMALL, "--dry-run", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "at prices of" in done.stdout
    assert run_here("eval", "--strategy", "isolated", "--model", "qwen", *SMALL, cwd=tmp_path).returncode == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--model", "openai/gpt-4.1", "--answer", "token"), "cannot be scored by one token"),
        (("--answer", "token", "--samples", "2"), "--samples is at most 1 here"),
        (("--answer", "token", "--strategy", "voting"), "asks for grades, which --answer token cannot read"),
    ],
)
def test_what_one_token_cannot_answer_is_one_line(
    options: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    given = ["--strategy", "isolated", "--model", "hosted_vllm/m", "--api-base", "http://127.0.0.1:9/v1"]
    if "openai/gpt-4.1" in options:
        given = given[:2]
    done = run_here("eval", *given, *options, *SMALL, cwd=tmp_path, OPENAI_API_KEY="sk-abcdefgh")
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_weights_are_taken_from_a_file_and_held_to_their_digest(tmp_path: Path) -> None:
    file = tmp_path / "other.gguf"
    file.write_bytes(b"GGUF")
    home = {"CORE_HARNESS_DATA": str(tmp_path / "data")}
    done = run_here("models", "pull", "smollm2", "--file", str(file), cwd=tmp_path, **home)
    assert done.returncode == 7
    assert f"its sha256 is {hashlib.sha256(b'GGUF').hexdigest()}, not b179c952" in done.stderr
    assert not (tmp_path / "data").exists()
    done = run_here("models", "pull", "qwen2.5-0.5b", "--file", str(file), cwd=tmp_path, **home)
    assert done.returncode == 0, done.stderr
    assert "Apache-2.0" in done.stdout
    assert "there, in" in run_here("models", "pull", "qwen2.5-0.5b", cwd=tmp_path, **home).stdout
    done = run_here("models", "pull", "gpt-4.1", cwd=tmp_path, **home)
    assert done.returncode == 2
    assert "unknown model with weights" in done.stderr
