"""What each layer and idea of the vote is worth: cross-validated gains on support, with controls and cost.

Five folds by perturbation of the train rows of each line, everything fitted again without the fold; no test
row is read. For each variant: macro-per-gene AUROC by line, its gain over the parent by line (paired, 95 %
interval), the gain of the potency-residual AUROC, the figure under controls (mean over seeds, with the
interval of that mean), and CPU seconds without the relations, which all variants share::

    CORE_HARNESS_DATA=../shared/data python benchmarks/voting.py --seeds 5
    CORE_HARNESS_DATA=../shared/data python benchmarks/voting.py --only direction --seeds 20

The table is Markdown, for ``docs/voting.md``. It takes hours with controls, minutes with ``--seeds 0``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import polars as pl

from core_harness.analysis.crossvalidated import draw_perturbations, resampled, under_control
from core_harness.evaluation.crossvalidate import crossvalidate
from core_harness.evaluation.methods import Method
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.metrics.paired import Difference, difference
from core_harness.schemas import Block, Task
from core_harness.vocabulary import Control

LINES = {"k562": "K562", "hepg2": "HepG2"}
CONTROLS: tuple[Control, ...] = ("shuffled-labels", "random-neighbours")
RANKING, RESIDUAL = "macro_gene_auroc", "potency_residual_auroc"
CHANNELS = "string-coexpression,string-experiments,string-database"


@dataclass(frozen=True)
class Variant:
    """A method of the table, and the one that its gain is over."""

    name: str
    parent: str | None
    strategy: str = "voting"
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    elsewhere: bool = False
    part: str = "expression"


VARIANTS = (
    Variant("voting-one-step", None, "voting-one-step"),
    Variant("one step, all layers", "voting-one-step", parameters={"organizer": {"second_step": 0.0}}),
    Variant("voting", "voting-one-step"),
    Variant("without words", "voting", parameters={"retriever": {"without": "go-mf,gene-name,words"}}),
    Variant(
        "without channels", "voting", parameters={"retriever": {"without": f"go-mf,gene-name,{CHANNELS}"}}
    ),
    Variant("with gene names", "voting", parameters={"retriever": {"without": "go-mf"}}),
    Variant("30 factors", "voting", parameters={"organizer": {"factors": 30}}),
    Variant("120 factors", "voting", parameters={"organizer": {"factors": 120}}),
    Variant("second step .5", "voting", parameters={"organizer": {"second_step": 0.5}}),
    Variant("second step .9", "voting", parameters={"organizer": {"second_step": 0.9}}),
    Variant("likeness, power 1", "voting", parameters={"organizer": {"likeness_power": 1.0}}),
    Variant("profiles, power 2", "voting", parameters={"organizer": {"profile_power": 2.0}}),
    Variant("voting-unlisted", "voting", "voting-unlisted"),
    Variant("voting-learned", "voting", "voting-learned"),
    Variant("voting-learned-unlisted", "voting-learned", "voting-learned-unlisted"),
    Variant("voting-learned-potency", "voting-learned-unlisted", "voting-learned-potency"),
    Variant("voting, other line", "voting", elsewhere=True),
    Variant("voting-learned, other line", "voting-learned", "voting-learned", elsewhere=True),
    Variant("direction: voting-one-step", None, "voting-one-step", part="direction"),
    Variant("direction: voting", "direction: voting-one-step", part="direction"),
    Variant("direction: voting-learned", "direction: voting", "voting-learned", part="direction"),
)


class Bench:
    """Cross-validated scores of variants on one line, with relations made once."""

    def __init__(self, line: str, part: str) -> None:
        self.dataset = f"perturbqa/{line}-dir" if part == "direction" else f"perturbqa/{line}"
        self.others = [context for name, context in LINES.items() if name != line]
        self.session = Session()
        self._known: dict[tuple[Any, ...], pl.DataFrame] = {}
        self._relating = 0.0
        self.seconds: dict[str, float] = {}

    def scores(self, variant: Variant, control: Control | None = None, seeds: int = 20) -> pl.DataFrame:
        """Return the out-of-fold scores of a variant."""
        spec = RunSpec(
            dataset=self.dataset,
            strategies=(variant.strategy,),
            parameters=variant.parameters,  # type: ignore[arg-type]
            support_contexts=self.others if variant.elsewhere else (),
            control=control,
            control_seeds=max(seeds, 2),
        )
        (method,) = self.session.methods(spec)
        self._remember(method)
        started, relating = time.process_time(), self._relating
        found = crossvalidate(self.session, spec, method)
        self.seconds[variant.name] = (time.process_time() - started - self._relating + relating) / 5
        return found

    def _remember(self, method: Method) -> None:
        retriever = method.retriever.object
        key = repr(method.retriever.reference)
        relate = type(retriever).relate

        def known(task: Task, block: Block) -> pl.DataFrame:
            asked = (key, block.context, *block.perturbations, None, *block.candidates)
            if asked not in self._known:
                started = time.process_time()
                self._known[asked] = relate(retriever, task, block)
                self._relating += time.process_time() - started
            return self._known[asked]

        retriever.relate = known


@cache
def bench(line: str, part: str) -> Bench:
    """Return the bench of a line, one a process."""
    return Bench(line, part)


def line_of(variant: Variant, line: str, known: dict[tuple[str, str], pl.DataFrame]) -> list[str]:
    """Return figure and gains of a variant on a line."""
    scores = known[variant.name, line] = bench(line, variant.part).scores(variant)
    sample = draw_perturbations([scores])
    cells = [f"{resampled([scores], sample, metric=RANKING).value:.4f}"]
    parent = known.get((variant.parent or "", line))
    if parent is None:
        return [*cells, "", ""]
    for metric in (RANKING, RESIDUAL):
        pair = [resampled([frame], sample, metric=metric) for frame in (parent, scores)]
        cells.append(_gain(difference(*pair)))
    return cells


def _gain(found: Difference) -> str:
    if found.value is None or found.low is None:
        return ""
    return f"{found.value:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"


def controlled(variant: Variant, line: str, seeds: int) -> list[str]:
    """Return a variant's figures under the controls."""
    cells = []
    for control in CONTROLS if seeds else ():
        found = under_control([bench(line, variant.part).scores(variant, control, seeds)])
        cells.append(f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]")
    return cells


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=5, help="Seeds of the controls; 0: none.")
    parser.add_argument("--only", help="Variants whose name holds this, and their parents.")
    asked = parser.parse_args(arguments)
    chosen = [v for v in VARIANTS if asked.only is None or asked.only in v.name]
    parents = {v.parent for v in chosen}
    known: dict[tuple[str, str], pl.DataFrame] = {}
    header = ["variant", "over", "line", "AUROC", "gain", "potency-residual gain"]
    header += [*(CONTROLS if asked.seeds else ()), "CPU s"]
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for variant in VARIANTS:
        if variant not in chosen and variant.name not in parents:
            continue
        for line, context in LINES.items():
            cells = [variant.name, variant.parent or "", context, *line_of(variant, line, known)]
            seconds = bench(line, variant.part).seconds[variant.name]
            cells += controlled(variant, line, asked.seeds)
            print("| " + " | ".join([*cells, f"{seconds:.1f}"]) + " |", flush=True)


if __name__ == "__main__":
    main()
