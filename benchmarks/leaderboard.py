"""A board of 500 runs of 25,000 predictions each, built cold and warm, site and all.

The runs are methods of rising skill on a generated world. Only some of their predictions differ, for figures
of equal ones are made once: the cold build of as many different ones is extrapolated from them, the warm
build is what it is. Each build is a separate process, to measure its memory alone. Prints seconds and peak
memory of one run, with the limits for a warm build::

    python benchmarks/leaderboard.py
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from core_harness import evaluate
from core_harness.analysis.rescore import rescore
from core_harness.evaluation.session import Session
from core_harness.leaderboard import build, write_site
from core_harness.registry.entries import DatasetEntry, Registry, SuiteEntry
from core_harness.registry.loading import shipped_registry
from core_harness.runs.folder import open_run

RUNS = 500
DIFFERENT = 20
MOST_SECONDS = 60
MOST_GIGABYTES = 2.0
WORLD = {"perturbations": 1400, "genes": 180, "modules": 60}


def registry() -> Registry:
    """Return a registry with a suite on a world whose test split has about 25,000 pairs."""
    world = DatasetEntry(summary="a larger world", component="simulated", parameters={**WORLD})
    suite = SuiteEntry(
        summary="methods of rising skill",
        datasets=("simulated",),
        task="de",
        strategies=("gene-frequency",),
        coverage=1.0,
        reference="gene-frequency",
    )
    return shipped_registry().model_copy(
        update={"datasets": {"simulated": world}, "suites": {"large": suite}}
    )


def make_runs(folder: Path) -> int:
    """Write runs below ``folder``, the first by the program itself, and return the pairs of each."""
    (first,) = evaluate("simulated", "gene-frequency", out=folder, parameters={"dataset": WORLD})
    assert first.run is not None
    run = open_run(first.run)
    (rows,) = rescore(run, Session()).repeats
    predictions, label = run.predictions().sort("pair_id"), rows["label"].to_numpy()
    for at in range(1, RUNS):
        skill = 0.5 * (at % DIFFERENT) / DIFFERENT
        noise = np.random.default_rng(at % DIFFERENT).random(len(label))
        copy = folder / f"method-{at:03}"
        copy.mkdir()
        made = predictions.with_columns(score=skill * label + (1 - skill) * noise)
        made.write_parquet(copy / "predictions.parquet")
        digest = hashlib.sha256((copy / "predictions.parquet").read_bytes()).hexdigest()
        record = run.manifest.as_json()
        method = {**record["method"], "label": copy.name, "components": {}}
        manifest = {**record, "method": method, "predictions_sha256": digest}
        (copy / "run.json").write_text(json.dumps(manifest))
    return len(label)


def build_once(runs: Path, site: Path) -> None:
    """Build the board in this process, and print seconds and peak memory in gigabytes."""
    started = time.perf_counter()
    board = build([runs], "large", Session(registry()))
    figures = time.perf_counter() - started
    write_site(board, site)
    seconds = time.perf_counter() - started
    assert not board.unranked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"seconds": seconds, "pages": seconds - figures, "gigabytes": peak}))


def main() -> None:
    """Print a cold and a warm build."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        pairs = make_runs(folder / "runs")
        print(f"{RUNS} runs of {pairs:,} predictions, {DIFFERENT} of them different")
        took = {}
        for kind in ("cold", "warm"):
            done = subprocess.run(
                [sys.executable, __file__, str(folder / "runs"), str(folder / "site")],
                env={**os.environ, "CORE_HARNESS_CACHE": str(folder / "cache")},
                capture_output=True,
                text=True,
                check=True,
            )
            took[kind] = json.loads(done.stdout)
            line = "{}: {seconds:.1f} s, {pages:.1f} s of them for pages; {gigabytes:.2f} GB"
            print(line.format(kind, **took[kind]))
        each = (took["cold"]["seconds"] - took["warm"]["seconds"]) / (DIFFERENT + 1)
        minutes = each * RUNS / 60
        print(f"figures of a run: {each:.2f} s; of {RUNS} different ones: {minutes:.0f} min (extrapolated)")
        size = sum(path.stat().st_size for path in (folder / "site").rglob("*") if path.is_file())
        print(f"the site has {size / 1e6:.0f} MB; warm may take {MOST_SECONDS} s and {MOST_GIGABYTES} GB")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        build_once(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
