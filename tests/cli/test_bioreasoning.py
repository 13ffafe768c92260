"""The BioReasoning challenge from its own files: train.csv, test.csv, and what is handed in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from program import run_here
from sklearn.metrics import roc_auc_score

LABELS = np.array(["none", "up", "down"])
SPLIT = ("-p", "dataset.split=perturbation=.4")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write files as the challenge has them: genes that seldom or often change, and that go up or down."""
    rng = np.random.default_rng(0)
    names = [f"{number}M03Rik" for number in range(20)] + [f"Trp{number}" for number in range(20)]
    change, up = rng.random(len(names)), rng.random(len(names))
    rows = []
    for perturbation in (f"Zfp{number}" for number in range(60)):
        for at in rng.choice(len(names), 20, replace=False):
            moved = rng.random() < change[at]
            label = LABELS[0 if not moved else 1 if rng.random() < up[at] else 2]
            rows.append((f"{perturbation}_{names[at]}", perturbation, names[at], str(label)))
    table = pl.DataFrame(rows, schema=["id", "pert", "gene", "label"], orient="row")
    late = pl.col("pert").is_in([f"Zfp{number}" for number in range(45, 60)])
    table.filter(~late).write_csv(tmp_path / "train.csv")
    table.filter(late).write_csv(tmp_path / "answers.csv")
    table.filter(late).drop("label").write_csv(tmp_path / "test.csv")
    return tmp_path


def test_a_submission_has_the_columns_of_the_challenge_and_the_scores_of_both_questions(folder: Path) -> None:
    done = run_here(
        "predict",
        "test.csv",
        "-d",
        "table:train.csv",
        "-s",
        "gene-frequency",
        *SPLIT,
        "--format",
        "bioreasoning",
        "-o",
        "submission.csv",
        cwd=folder,
        CORE_HARNESS_CACHE=str(folder / "cache"),
    )
    assert done.returncode == 0, done.stderr
    made, asked = pl.read_csv(folder / "submission.csv"), pl.read_csv(folder / "test.csv")
    assert made["id"].to_list() == asked["id"].to_list()
    assert made.columns[:5] == [
        "id",
        "prediction_up",
        "prediction_down",
        "prediction_up_seed42",
        "prediction_down_seed42",
    ]
    assert made.columns[-6:-3] == [f"reasoning_trace_seed{seed}" for seed in (42, 43, 44)]
    assert made.columns[-3:] == ["tokens_used", "prompt_tokens", "model_name"]
    assert set(made["model_name"]) == {"gene-frequency"}
    assert ((made["prediction_up"] + made["prediction_down"]).is_between(0, 1)).all()
    known = made.join(pl.read_csv(folder / "answers.csv"), on="id")
    changed = (known["label"] != "none").to_numpy()
    both = (known["prediction_up"] + known["prediction_down"]).to_numpy()
    share = (known["prediction_up"] / both).to_numpy()
    assert roc_auc_score(changed, both) > 0.75
    assert roc_auc_score((known["label"] == "up").to_numpy()[changed], share[changed]) > 0.7
    assert "by the challenge, the mean of pooled AUROC" in done.stdout
    assert f"{asked.height:,} pairs in submission.csv" in done.stdout


def test_the_training_file_is_audited_with_a_split(folder: Path) -> None:
    done = run_here("audit", "table:train.csv", *SPLIT, "--format", "csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "listing" in done.stdout
    done = run_here("audit", "table:train.csv", cwd=folder)
    assert "to have one drawn, say --split perturbation=.25" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("test.csv", "-d", "table:train.csv", *SPLIT), "takes a table of pairs and --output FILE.csv alone"),
        (("test.csv", "-o", "s.parquet"), "takes a table of pairs and --output FILE.csv alone"),
        (
            ("test.csv", "-d", "simulated-dir", "-o", "s.csv"),
            "asks one question only; a submission needs labels",
        ),
    ],
)
def test_what_is_no_submission_is_one_line(arguments: tuple[str, ...], said: str, folder: Path) -> None:
    done = run_here("predict", *arguments, "--format", "bioreasoning", cwd=folder)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
