"""``run_suite()``: every cell of a suite that has no complete run yet, each for itself.

A cell that cannot be run does not stop the others; its reason stands in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from core_harness.errors import HarnessError, UsageError
from core_harness.evaluation import api
from core_harness.evaluation.evaluation import Notice
from core_harness.evaluation.pipeline import Progress
from core_harness.evaluation.spec import Parameters, RunSpec
from core_harness.llm import Estimate, Settings, Summary
from core_harness.registry.entries import Registry, SuiteEntry
from core_harness.runs.folder import Run, list_runs, open_run
from core_harness.suites.suite import Cell, cells, is_of, spec_of


@dataclass(frozen=True, kw_only=True)
class CellState:
    """What became of a cell.

    Attributes
    ----------
    cell
        Which one.
    run
        Its run, complete or partial.
    estimate
        In a dry run, what the cell would ask and cost; None where it asks nothing.
    reason
        Why there is no complete run.
    """

    cell: Cell
    run: Run | None = None
    estimate: Estimate | None = None
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types, fit for JSON, with the metrics that the run wrote."""
        complete = self.run is not None and self.run.state == "complete"
        return {
            **asdict(self.cell),
            "run": None if self.run is None else str(self.run.folder),
            "estimate": None if self.estimate is None else self.estimate.as_dict(),
            "reason": self.reason,
            "report": self.run.report() if self.run is not None and complete else None,
        }


def run_suite(
    suite: SuiteEntry,
    *,
    out: Path,
    registry: Registry | None = None,
    model: str | None = None,
    parameters: Parameters | None = None,
    seed: int = 0,
    settings: Settings | None = None,
    progress: Progress | None = None,
    notice: Notice | None = None,
) -> list[CellState]:
    """Run what has no complete run below ``out``, and go on with what was cut off.

    Parameters
    ----------
    suite
        What is to be run.
    out
        Folder below which runs lie, and each new one gets a folder of its own.
    registry
        What names stand for; None is the shipped one.
    model, parameters
        The model that is asked, and its parameters by stage; without one, cells that ask are not run.
    seed
        Of every run.
    settings
        How the model is asked; its limits are for all cells together.
    progress, notice
        As in :func:`core_harness.evaluate`.
    """
    left = settings or Settings()
    states = []
    for cell, spec, found in _looked_up(suite, list_runs(out, notice=notice), model, parameters, seed):
        if found is not None and found.state == "complete":
            states.append(CellState(cell=cell, run=found))
            continue
        try:
            _refuse_to_ask(cell, model, left)
            if found is not None:
                result = api.resume(found, asking=left, progress=progress, notice=notice, registry=registry)
            else:
                (result,) = api.evaluate(
                    out=out,
                    asking=left,
                    progress=progress,
                    notice=notice,
                    registry=registry,
                    **_choices(spec),
                )
        except HarnessError as error:
            states.append(CellState(cell=cell, run=found, reason=str(error)))
            continue
        left = _less(left, result.asking)
        ended = None if result.asking is None else result.asking.ended
        run = None if result.run is None else open_run(result.run)
        states.append(CellState(cell=cell, run=run, reason=ended and f"partial: {ended}"))
    return states


def estimate_suite(
    suite: SuiteEntry,
    *,
    out: Path,
    registry: Registry | None = None,
    model: str | None = None,
    parameters: Parameters | None = None,
    seed: int = 0,
    settings: Settings | None = None,
) -> list[CellState]:
    """Reckon what :func:`run_suite` would ask and spend. Sends nothing and writes nothing."""
    states = []
    for cell, spec, found in _looked_up(suite, list_runs(out), model, parameters, seed):
        if found is not None and found.state == "complete":
            states.append(CellState(cell=cell, run=found))
            continue
        try:
            _refuse_to_ask(cell, model, Settings())
            estimates = api.estimate(registry=registry, asking=settings, **_choices(spec))
            (reckoned,) = estimates.values() or (None,)
        except HarnessError as error:
            states.append(CellState(cell=cell, run=found, reason=str(error)))
            continue
        states.append(CellState(cell=cell, run=found, estimate=reckoned, reason="dry run"))
    return states


def _looked_up(
    suite: SuiteEntry, there: Sequence[Run], model: str | None, parameters: Parameters | None, seed: int
) -> Iterator[tuple[Cell, RunSpec, Run | None]]:
    """Yield each cell with its spec and the run of it among those ``there``: a complete one if there is."""
    runs = sorted(there, key=lambda run: run.state != "complete")
    for cell in cells(suite, model):
        spec = spec_of(suite, cell, seed=seed, parameters=parameters)
        yield cell, spec, next((run for run in runs if is_of(run, spec)), None)


def _choices(spec: RunSpec) -> dict[str, Any]:
    return {field.name: getattr(spec, field.name) for field in fields(spec)}


def _refuse_to_ask(cell: Cell, model: str | None, left: Settings) -> None:
    """Raise UsageError where a cell that asks a model shall not be run now."""
    if cell.model is None:
        return
    if cell.model != model:
        raise UsageError(f"not asked; --model {cell.model} asks it")
    for limit in ("max_calls", "max_tokens", "max_cost"):
        if getattr(left, limit) == 0:
            raise UsageError(f"not asked: what --{limit.replace('_', '-')} allows is used up")


def _less(settings: Settings, spent: Summary | None) -> Settings:
    """Return the settings with what is left of their limits."""
    if spent is None:
        return settings
    used = {
        "max_calls": spent.calls,
        "max_tokens": spent.charged_tokens,
        "max_cost": spent.cost or 0.0,
    }
    limits = {name: getattr(settings, name) for name in used}
    left = {name: max(0, limit - used[name]) for name, limit in limits.items() if limit is not None}
    return replace(settings, **left)
