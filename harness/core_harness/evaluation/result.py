"""What an evaluation of one method gives back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import polars as pl

from core_harness import metrics
from core_harness.errors import UsageError
from core_harness.evaluation.contamination import Contamination
from core_harness.evaluation.in_graph import InGraph
from core_harness.evaluation.result_sections import sections
from core_harness.evaluation.spec import RunSpec
from core_harness.llm import Summary
from core_harness.runs.asked import Asked
from core_harness.runs.folder import DEFAULT_FOLDER, Run, find_run
from core_harness.runs.manifest import MethodReference
from core_harness.schemas import Task, simulated_parts
from core_harness.sections import InSections, Section

JSON_VERSION = 1
"""Version of what ``--json`` prints."""


@dataclass(frozen=True, kw_only=True)
class Result(InSections):
    """One method on one dataset.

    Attributes
    ----------
    task
        What was asked, of which data, in which regime, with which seed, and whether they are simulated.
    method
        Who predicted.
    simulated
        What a program made up: ``data``, ``answers``, both, or nothing. Every figure says so.
    contamination
        Whether that model may have read about the dataset; None where there is no model or no date.
    control, part
        What was broken on purpose; which part of the dataset was asked, and how much of it was measured.
    report
        Metrics with interval and coverage; under a control that draws, their means over its seeds.
    predictions
        ``pair_id, context, perturbation, gene, score, status`` and, under a control that draws, ``seed``.
    asking
        What asking came to; None where no model was asked. Where it ``ended`` early, the result is partial.
    in_graph
        How many perturbations the graph of the retriever knows; None where it reads none.
    run
        The run folder, or None where none was written.
    """

    task: Task
    method: MethodReference
    simulated: tuple[str, ...]
    contamination: Contamination | None = None
    control: str | None
    part: Asked
    report: metrics.Report
    predictions: pl.DataFrame
    asking: Summary | None
    in_graph: InGraph | None = None
    run: Path | None = None

    @classmethod
    def of(
        cls,
        *,
        task: Task,
        spec: RunSpec,
        method: MethodReference,
        report: metrics.Report,
        predictions: pl.DataFrame,
        asking: Summary | None = None,
        contamination: Contamination | None = None,
        in_graph: InGraph | None = None,
    ) -> Self:
        """Return the result of what ``spec`` asked for; it is not written anywhere yet."""
        answers = asking is not None and asking.simulated
        return cls(
            task=task,
            method=method,
            simulated=simulated_parts(data=task.simulated, answers=answers),
            contamination=contamination,
            control=spec.control,
            part=spec.part,
            report=report,
            predictions=predictions,
            asking=asking,
            in_graph=in_graph,
        )

    @property
    def strategy(self) -> str:
        """The method's label: the strategy's name, and in brackets whatever was set otherwise."""
        return self.method.label

    @property
    def model(self) -> str | None:
        """The model that was asked, as the user named it; None where none was."""
        return self.method.model

    @property
    def nothing_usable(self) -> bool:
        """Whether a model was asked, and not one of its answers could be used."""
        answers = None if self.asking is None else self.asking.answers
        return answers is not None and answers.items > 0 and answers.understood == 0

    def sections(self) -> Iterator[Section]:
        """Return what ``core-harness eval`` prints of a result."""
        return sections([self])

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints of a result; its keys are stable."""
        return {
            "dataset": self.task.dataset,
            "task": self.task.question,
            "strategy": self.strategy,
            "model": self.model,
            "beyond_contrast": list(self.method.beyond_contrast),
            "regime": self.task.regime,
            "support_contexts": list(self.task.support_contexts),
            "gene_holdout": self.task.gene_holdout,
            "simulated": bool(self.simulated),
            "simulated_parts": list(self.simulated),
            "contamination": None if self.contamination is None else self.contamination.as_dict(),
            "seed": self.task.seed,
            "control": self.control,
            "part": self.part.model_dump(),
            "asking": None if self.asking is None else self.asking.as_dict(),
            "in_graph": None if self.in_graph is None else self.in_graph.as_dict(),
            "run": None if self.run is None else str(self.run),
            **self.report.as_dict(),
        }


class Results(list[Result], InSections):
    """Results, one a method; shown, they are one table for each dataset, with a verdict."""

    def sections(self) -> Iterator[Section]:
        """Return what ``core-harness eval`` prints."""
        return sections(self)


AnyRun = Run | Result | Path | str
"""A run: open, of a result, or named by its folder."""


def load_run(run: AnyRun, folder: Path | str = DEFAULT_FOLDER) -> Run:
    """Open the folder of a run, for its record, report, predictions and what else can be asked of a run.

    Parameters
    ----------
    run
        The name of a run below ``folder``, the path of a run, or a result that was written.
    folder
        Where names are looked for.

    Raises
    ------
    RunError
        There is no such run, or its record cannot be read.
    UsageError
        The result was not written.
    """
    if isinstance(run, Run):
        return run
    if not isinstance(run, Result):
        return find_run(str(run), Path(folder))
    if run.run is None:
        raise UsageError(f"the result of {run.strategy} was not written; evaluate with out='runs'")
    return find_run(str(run.run), Path())
