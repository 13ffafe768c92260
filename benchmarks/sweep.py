"""A sweep of 12 cells that share a dataset, against 12 separate evaluations.

Prints wall and CPU time of ``core-harness sweep`` over three strategies and four seeds, of the same cells as
12 calls of ``core-harness eval``, and the ratio; the graph is cached for both::

    CORE_HARNESS_DATA=../shared/data python benchmarks/sweep.py perturbqa/k562

Without an argument it takes the simulated world, which needs no data.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STRATEGIES = ("gene-frequency", "potency", "voting")
SEEDS = (0, 1, 2, 3)


def timed(*commands: list[str]) -> tuple[float, float]:
    """Run commands one after the other; return the seconds that they took, and those of CPU."""
    before, started = _cpu(), time.perf_counter()
    for command in commands:
        subprocess.run(
            [sys.executable, "-m", "core_harness", *command],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    return time.perf_counter() - started, _cpu() - before


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print the figures."""
    dataset = sys.argv[1] if len(sys.argv) > 1 else "simulated"
    if "CORE_HARNESS_DATA" in os.environ:
        os.environ["CORE_HARNESS_DATA"] = str(Path(os.environ["CORE_HARNESS_DATA"]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        timed(["eval", "-d", dataset, "-s", "voting", "--out", f"{folder}/warm"])
        seeds = [word for seed in SEEDS for word in ("--seed", str(seed))]
        swept = ["sweep", "-d", dataset, "-s", ",".join(STRATEGIES), *seeds, "--out", f"{folder}/swept"]
        one, one_cpu = timed(swept)
        cells = [
            ["eval", "-d", dataset, "-s", strategy, "--seed", str(seed), "--out", f"{folder}/apart"]
            for strategy in STRATEGIES
            for seed in SEEDS
        ]
        apart, apart_cpu = timed(*cells)
    print(f"core-harness sweep, {len(cells)} cells of {dataset}: {one:.1f} s wall, {one_cpu:.1f} s CPU")
    print(f"core-harness eval, {len(cells)} times: {apart:.1f} s wall, {apart_cpu:.1f} s CPU")
    print(f"ratio: {apart / one:.1f}x wall, {apart_cpu / one_cpu:.1f}x CPU")


if __name__ == "__main__":
    main()
