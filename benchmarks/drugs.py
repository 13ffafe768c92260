"""Drugs of L1000 at 30/70, mean of five draws of the split: is there more in it than how strong a drug is?

Makes the missing runs below FOLDER (``core-harness eval -d l1000 -p dataset.split_seed=N``), and prints for
each method macro-per-gene AUROC, and the same with the perturbation's mean score taken out,
beside an oracle that knows each test drug's own rate; then the paired tests. Drugs are resampled once for all
five splits::

    CORE_HARNESS_DATA=../shared/data python benchmarks/drugs.py runs-l1000
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl

from core_harness.analysis.audit.near_duplicates import like_pairs
from core_harness.analysis.crossvalidated import Sample, draw_perturbations, resampled
from core_harness.analysis.rescore import rescore
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.metrics import Resampled
from core_harness.metrics.paired import difference, holm
from core_harness.runs.folder import Run, list_runs

SPLITS = 5
STRATEGIES = ("gene-frequency", "potency", "additive", "voting")
METRICS = ("macro_gene_auroc", "potency_residual_auroc")
ORACLE = "oracle of strength"


def complete_runs(folder: Path, dataset: str) -> dict[tuple[int, str], Run]:
    """Return the complete runs by split seed and strategy."""
    runs = list_runs(folder) if folder.is_dir() else []
    return {
        (int(run.manifest.dataset.parameters["split_seed"]), run.manifest.method.label): run
        for run in runs
        if run.state == "complete" and run.manifest.task.dataset == dataset and run.manifest.control is None
    }


def make_missing(folder: Path, dataset: str) -> None:
    """Evaluate what FOLDER lacks, split by split."""
    there = complete_runs(folder, dataset)
    for seed in range(SPLITS):
        missing = [name for name in STRATEGIES if (seed, name) not in there]
        if missing:
            options = ["-d", dataset, "-p", f"dataset.split_seed={seed}", "-s", ",".join(missing)]
            command = [sys.executable, "-m", "core_harness", "eval", *options, "--out", str(folder)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def scored(folder: Path, dataset: str) -> dict[str, pl.DataFrame]:
    """Return the scored pairs of each method over all splits; ``fold`` is the seed of the split."""
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in (*STRATEGIES, ORACLE)}
    runs = complete_runs(folder, dataset)
    for seed in range(SPLITS):
        session = Session(resamples=0)  # of one split, so that its rows go again
        for name in STRATEGIES:
            (rows,) = rescore(runs[seed, name], session).repeats
            parts[name].append(rows.with_columns(pl.lit(seed).alias("fold")))
        own = pl.col("label").mean().over("context", "perturbation")
        parts[ORACLE].append(
            parts["voting"][-1].with_columns(own.alias("score"), pl.lit("ok").alias("status"))
        )
    return {name: pl.concat(frames) for name, frames in parts.items()}


def shown(found: Resampled, metric: str) -> str:
    """Return ``.795 [.761, .829]``."""
    low, high = found.interval(metric) or (float("nan"), float("nan"))
    return f"{found.value:.3f} [{low:.3f}, {high:.3f}]"


def report(frames: dict[str, pl.DataFrame], sample: Sample) -> None:
    """Print the table, and the paired tests of voting against what knows strength alone."""
    found = {
        (name, metric): resampled([rows], sample, metric=metric)
        for name, rows in frames.items()
        for metric in METRICS
    }
    print(f"| method | {' | '.join(METRICS)} |\n|---|{'---|' * len(METRICS)}")
    for name in frames:
        print(f"| {name} | {' | '.join(shown(found[name, metric], metric) for metric in METRICS)} |")
    pairs = [(metric, other) for metric in METRICS for other in ("potency", "additive")]
    tests = [difference(found[other, metric], found["voting", metric]) for metric, other in pairs]
    for (metric, other), test, p in zip(pairs, tests, holm([test.p for test in tests]), strict=True):
        print(f"voting - {other}, {metric}: {test.value:+.3f} [{test.low:+.3f}, {test.high:+.3f}], p {p:.2g}")


def without_record_in_train(rows: pl.DataFrame, dataset: str) -> pl.DataFrame:
    """Leave out, split by split, test drugs that have exactly the targets and mechanisms of a train drug."""
    kept = []
    for (seed,), of_split in rows.group_by("fold", maintain_order=True):
        session = Session()
        loaded = session.load(RunSpec(dataset=dataset, parameters={"dataset": {"split_seed": seed}}))
        shared = {layer.name for layer in session.registry.layer}
        layers = [one for one in session.open_graph(loaded.dataset).layers if one.name not in shared]
        (_, same_record, _) = like_pairs(loaded.rows, layers).values()
        kept.append(of_split.join(same_record, on=["context", "perturbation"], how="anti"))
    return pl.concat(kept)


def main() -> None:
    """Make the runs that are missing, and print what they come to."""
    if len(sys.argv) not in {2, 3}:
        sys.exit("usage: drugs.py FOLDER [DATASET]")
    folder, dataset = Path(sys.argv[1]), (sys.argv[2:] or ["l1000"])[0]
    make_missing(folder, dataset)
    frames = scored(folder, dataset)
    report(frames, draw_perturbations(list(frames.values())))
    print("\nwithout test drugs that have exactly the targets and mechanisms of a train drug:\n")
    some = {
        name: without_record_in_train(frames[name], dataset) for name in ("potency", "additive", "voting")
    }
    report(some, draw_perturbations(list(some.values())))


if __name__ == "__main__":
    main()
