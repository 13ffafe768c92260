"""Relations that are stored, against relations that are computed, over whole programs.

Prints CPU seconds (user and system, all threads) of ``core-harness`` on K562: with an empty store, with a
full one, and, the named peer, without one (``CORE_HARNESS_RELATIONS_GB=0``); each with its ratio to the peer,
and whether predictions are the same to the byte. Also twenty seeds of a control against one run. The smallest
of several rounds counts, and ways take turns within a round::

    CORE_HARNESS_DATA=../shared/data python benchmarks/relations.py --rounds 3
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from core_harness.evidence.stored import VARIABLE

DATASET = ("--dataset", "perturbqa/k562")
PAIR = ("--perturbation", "HSPA5", "--gene", "DDIT3")
SEEDS = ("--control", "shuffled-labels", "--control-seeds", "20")
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "eval voting-one-step": ("eval", *DATASET, "--strategy", "voting-one-step"),
    "eval voting": ("eval", *DATASET, "--strategy", "voting"),
    "eval voting-learned": ("eval", *DATASET, "--strategy", "voting-learned"),
    "explain": ("explain", *DATASET, *PAIR),
    "eval, simulated": ("eval",),
    "voting-one-step, 20 seeds of a control": ("eval", *DATASET, "--strategy", "voting-one-step", *SEEDS),
}
ONE_RUN = "eval voting-one-step"
WAYS = ("none", "empty", "full")
"""Without a store (the peer), with an empty one, with a full one."""


def seconds(words: Sequence[str], cache: Path, out: Path, *, stores: bool) -> float:
    """Return the CPU seconds of a program."""
    folder = ("--out", str(out)) if words[0] == "eval" else ()
    environment = {"CORE_HARNESS_CACHE": str(cache), VARIABLE: "2" if stores else "0"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "core_harness", *words, *folder],
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def digests(out: Path) -> set[tuple[str, str]]:
    """Return the digests of the predictions below a folder, by what was asked."""
    found = set()
    for path in out.glob("*/predictions.parquet"):
        called = path.parent.name.partition("-")[2]  # without the time
        found.add((called, hashlib.sha256(path.read_bytes()).hexdigest()))
    return found


def measure(words: Sequence[str], scratch: Path, rounds: int) -> tuple[dict[str, float], bool]:
    """Return the least CPU seconds by way, and whether all ways predict the same bytes."""
    cache = scratch / "cache"
    least = dict.fromkeys(WAYS, float("inf"))
    with tempfile.TemporaryDirectory(dir=scratch) as out:
        for _ in range(rounds):
            shutil.rmtree(cache / "relations", ignore_errors=True)
            for way in WAYS:
                took = seconds(words, cache, Path(out), stores=way != "none")
                least[way] = min(least[way], took)
        found = digests(Path(out))
    return least, len(found) == len(dict(found))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="Commands whose name holds this.")
    asked = parser.parse_args()
    os.environ["CORE_HARNESS_DATA"] = str(
        Path(os.environ.get("CORE_HARNESS_DATA", "../shared/data")).resolve()
    )
    known: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        seconds(COMMANDS[ONE_RUN], scratch / "cache", scratch / "built", stores=False)  # builds the graph
        print("| command | no store, s | empty, s (ratio) | full, s (ratio) | same bytes |")
        print("|---|---|---|---|---|")
        for name, words in COMMANDS.items():
            if asked.only not in name:
                continue
            least, same = measure(words, scratch, asked.rounds)
            peer = least["none"]
            cells = [f"{least[way]:.2f} ({least[way] / peer:.2f})" for way in ("empty", "full")]
            print(f"| {name} | {peer:.2f} | {' | '.join(cells)} | {'yes' if same else 'NO'} |", flush=True)
            known[name] = least["full"]
    seeds = next((took for name, took in known.items() if "seeds" in name), None)
    if seeds is not None and ONE_RUN in known:
        print(f"twenty seeds of a control take {seeds / known[ONE_RUN]:.2f} times one run")


if __name__ == "__main__":
    main()
