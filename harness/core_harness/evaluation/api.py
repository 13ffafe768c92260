"""``evaluate()``: what ``core-harness eval`` does, from Python."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits

from core_harness import metrics
from core_harness.errors import RunError
from core_harness.evaluation import pipeline
from core_harness.evaluation.contamination import Contamination, contamination
from core_harness.evaluation.evaluation import (
    Evaluated,
    Notice,
    Outside,
    Test,
    estimate_method,
    evaluate_method,
)
from core_harness.evaluation.spec import Method, RunSpec, make_dataset, make_methods
from core_harness.evidence import controls
from core_harness.llm import Estimate, Settings, Summary
from core_harness.plugins.catalog import Catalog, Made, catalog
from core_harness.registry.entries import Registry
from core_harness.registry.loading import shipped_registry
from core_harness.runs.folder import Run, RunWriter, new_run, reopen_run
from core_harness.schemas import Task, simulated_parts

JSON_VERSION = 1
"""Version of what ``--json`` prints."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """One method on one dataset.

    Attributes
    ----------
    task
        What was asked, of which data, in which regime, with which seed, and whether they are simulated.
    strategy
        The method's label: the strategy's name, and in brackets whatever was set otherwise.
    model
        The model that was asked, as the user named it; None where none was.
    simulated
        What a program made up: ``data``, ``answers``, both, or nothing. Every figure says so.
    contamination
        Whether that model may have read about the dataset; None where there is no model or no date.
    control, limit, only
        What was broken on purpose, and which part of the dataset was asked; None for the whole.
    report
        Metrics with interval and coverage; under a control that draws, their means over its seeds.
    predictions
        ``pair_id, context, perturbation, gene, score, status`` and, under a control that draws, ``seed``.
    asking
        What asking came to; None where no model was asked. Where it ``ended`` early, the result is partial.
    run
        The run folder, or None where none was written.
    """

    task: Task
    strategy: str
    model: str | None
    simulated: tuple[str, ...]
    contamination: Contamination | None = None
    control: str | None
    limit: int | None
    only: str | None
    report: metrics.Report
    predictions: pl.DataFrame
    asking: Summary | None
    run: Path | None

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints of a result; its keys are stable."""
        return {
            "dataset": self.task.dataset,
            "task": self.task.question,
            "strategy": self.strategy,
            "model": self.model,
            "regime": self.task.regime,
            "support_contexts": list(self.task.support_contexts),
            "gene_holdout": self.task.gene_holdout,
            "simulated": bool(self.simulated),
            "simulated_parts": list(self.simulated),
            "contamination": None if self.contamination is None else self.contamination.as_dict(),
            "seed": self.task.seed,
            "control": self.control,
            "part": {"limit": self.limit, "only": self.only},
            "asking": None if self.asking is None else self.asking.as_dict(),
            "run": None if self.run is None else str(self.run),
            **self.report.as_dict(),
        }


def evaluate(
    dataset: str = RunSpec.dataset,
    strategies: Sequence[str] | str = RunSpec.strategies,
    *,
    out: Path | str | None = None,
    asking: Settings | None = None,
    progress: pipeline.Progress | None = None,
    notice: Notice | None = None,
    registry: Registry | None = None,
    **choices: Any,
) -> list[Result]:
    """Evaluate strategies on a dataset, one result each, in the order of ``strategies``.

    Parameters
    ----------
    dataset, strategies
        Names as on the command line, e.g. ``"perturbqa/k562"`` and ``["gene-frequency", "voting"]``.
    out
        Folder below which each run gets a folder of its own; None writes nothing.
    asking
        Pace, patience and limits of asking a model.
    progress, notice
        Called as work goes on, and with lines that a person should see.
    registry
        What names stand for; None is the shipped registry
        (:func:`core_harness.registry.loading.open_registry` extends it).
    **choices
        The other fields of :class:`~core_harness.evaluation.spec.RunSpec`: ``model``, ``retriever``,
        ``organizer``, ``aggregator``, ``parameters``, ``regime``, ``support_contexts``,
        ``gene_holdout``, ``control``, ``control_seeds``, ``limit``, ``only``, ``seed``.

    Raises
    ------
    HarnessError
        One line for whatever the caller can mend; see :mod:`core_harness.errors`. Nothing is written then.
    """
    spec = _spec(dataset, strategies, choices)
    desk = Desk(spec, registry, catalog(), asking=asking, progress=progress, notice=notice)
    return desk.run(out=None if out is None else Path(out))


def estimate(
    dataset: str = RunSpec.dataset,
    strategies: Sequence[str] | str = RunSpec.strategies,
    *,
    asking: Settings | None = None,
    notice: Notice | None = None,
    registry: Registry | None = None,
    **choices: Any,
) -> dict[str, Estimate]:
    """Reckon what :func:`evaluate` would ask and spend, by method. Sends nothing and writes nothing."""
    spec = _spec(dataset, strategies, choices)
    return Desk(spec, registry, catalog(), asking=asking, notice=notice).estimate()


def resume(
    run: Run,
    *,
    asking: Settings | None = None,
    progress: pipeline.Progress | None = None,
    notice: Notice | None = None,
    registry: Registry | None = None,
) -> Result:
    """Go on with a run that did not come to its end; what was answered is not asked again.

    Raises :class:`~core_harness.errors.RunError` for a complete run, and for one whose dataset has changed.
    """
    writer = reopen_run(run)
    spec = RunSpec(**run.manifest["spec"])
    desk = Desk(spec, registry, catalog(), asking=asking, progress=progress, notice=notice)
    return desk.go_on(writer)


class Desk:
    """Components made, data loaded, knowledge handed over: all that the methods of a spec share.

    Attributes
    ----------
    methods, loaded, facts
        What is evaluated, on what, and what prompts may tell.
    """

    def __init__(
        self,
        spec: RunSpec,
        registry: Registry | None,
        components: Catalog,
        *,
        asking: Settings | None = None,
        progress: pipeline.Progress | None = None,
        notice: Notice | None = None,
    ) -> None:
        self._spec = spec
        self._settings = asking or Settings()
        self._tell = progress or (lambda *_: None)
        self._notice = notice or (lambda _: None)
        registry = registry or shipped_registry()
        self._contamination = contamination(spec, registry)
        self._test = Test(control=spec.control, seeds=spec.control_seeds)
        self.methods = make_methods(spec, registry, components)
        source = make_dataset(spec, registry, components)
        with threadpool_limits(limits=1):
            self._tell("reading the dataset", 0, 1)
            self.loaded = pipeline.load(spec, source)
            controls.check_fits(spec.control, self.loaded.split)
            self._tell("opening the knowledge graph", 0, 1)
            self._graph = pipeline.hand_over_knowledge(source, self.methods, registry)
            self.facts = pipeline.facts_of(self._graph, source, registry)

    def run(self, *, out: Path | None) -> list[Result]:
        """Evaluate each method, in a run folder of its own below ``out``."""
        self._warn()
        results = []
        for method in self.methods:
            if out is None:
                results.append(self._result(method, self._evaluate(method, None), None))
                continue
            with new_run(out, self._manifest(method)) as writer:
                results.append(self._finish(method, writer))
        return results

    def go_on(self, writer: RunWriter) -> Result:
        """Evaluate the one method in a folder that was begun before."""
        (method,) = self.methods
        self.check_rows(writer.folder.name, writer.manifest)
        self._warn()
        return self._finish(method, writer)

    def estimate(self) -> dict[str, Estimate]:
        """Return the estimate of each method that asks a model."""
        self._warn()
        task, split, price = self.loaded.task, self.loaded.split, self._settings.price
        with threadpool_limits(limits=1):
            estimates = {
                m.label: estimate_method(task, m, split, test=self._test, facts=self.facts, price=price)
                for m in self.methods
            }
        return {label: reckoned for label, reckoned in estimates.items() if reckoned is not None}

    def check_rows(self, name: str, manifest: Mapping[str, Any]) -> None:
        """Refuse a run that was begun on other rows. Raises :class:`RunError`."""
        if manifest["dataset_sha256"] != self.loaded.digest:
            raise RunError(
                f"{name} was begun on other rows of {self._spec.dataset}; "
                "run the evaluation again (answers that are cached cost nothing)"
            )

    def _warn(self) -> None:
        if self._contamination is not None and (sentence := self._contamination.sentence()):
            self._notice(sentence)

    def _finish(self, method: Method, writer: RunWriter) -> Result:
        evaluated = self._evaluate(method, writer.journal if method.asks else None)
        asking = None if evaluated.asked is None else evaluated.asked.as_dict()
        run = writer.finish(evaluated.predictions, evaluated.report.as_dict(), asking)
        return self._result(method, evaluated, run.folder)

    def _evaluate(self, method: Method, journal: Path | None) -> Evaluated:
        outside = self.outside(journal)
        with threadpool_limits(limits=1):  # sums in one order: the same bytes whatever the machine
            return evaluate_method(
                self.loaded.task,
                method,
                self.loaded.split,
                test=self._test,
                facts=self.facts,
                outside=outside,
            )

    def outside(self, journal: Path | None) -> Outside:
        """Return what an evaluation needs of the world."""
        return Outside(journal=journal, settings=self._settings, tell=self._tell, notice=self._notice)

    def _result(self, method: Method, evaluated: Evaluated, folder: Path | None) -> Result:
        asking = evaluated.asked
        return Result(
            task=self.loaded.task,
            strategy=method.label,
            model=self._spec.model if method.asks else None,
            simulated=simulated_parts(
                data=self.loaded.task.simulated, answers=asking is not None and asking.simulated
            ),
            contamination=self._contamination if method.asks else None,
            control=self._spec.control,
            limit=self._spec.limit,
            only=self._spec.only,
            report=evaluated.report,
            predictions=evaluated.predictions,
            asking=asking,
            run=folder,
        )

    def _manifest(self, method: Method) -> Mapping[str, Any]:
        spec, loaded = self._spec, self.loaded
        packages = ("core-harness", "numpy", "polars", "scipy", *(("litellm",) if method.asks else ()))
        return {
            "spec": asdict(replace(spec, strategies=(method.strategy,))),
            "task": asdict(loaded.task),
            "method": method.label,
            "model": spec.model if method.asks else None,
            "contamination": self._contamination.as_dict() if method.asks and self._contamination else None,
            "control": spec.control,
            "part": {"limit": spec.limit, "only": spec.only},
            "seed": spec.seed,
            "components": {
                made.identity.stage: _identity(made) for made in (loaded.component, *method.components)
            },
            "templates": [template.identity() for template in method.templates],
            "dataset_sha256": loaded.digest,
            "graph_sha256": self._graph.digest
            if self._graph is not None and method.reads_knowledge
            else None,
            "packages": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        }


def _spec(dataset: str, strategies: Sequence[str] | str, choices: Mapping[str, Any]) -> RunSpec:
    names = (strategies,) if isinstance(strategies, str) else tuple(strategies)
    return RunSpec(dataset=dataset, strategies=names, **choices)


def _identity(made: Made) -> dict[str, Any]:
    identity = asdict(made.identity)
    del identity["stage"]
    return identity
