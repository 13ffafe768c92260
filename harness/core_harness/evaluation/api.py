"""``evaluate()``: what ``core-harness eval`` does, from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core_harness.evaluation.progress import Notice, Progress
from core_harness.evaluation.result import Result
from core_harness.evaluation.running import estimate_spec, evaluate_spec, resume_run
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.llm import Estimate, Settings
from core_harness.registry.entries import Registry
from core_harness.runs.folder import Run


def evaluate(
    dataset: str = RunSpec.dataset,
    strategies: Sequence[str] | str = RunSpec.strategies,
    *,
    out: Path | str | None = None,
    asking: Settings | None = None,
    progress: Progress | None = None,
    notice: Notice | None = None,
    registry: Registry | None = None,
    **choices: Any,
) -> list[Result]:
    """Evaluate strategies on a dataset, one result each, in the order of ``strategies``.

    With ``question="both"`` two: on the dataset, and on its direction.

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
        ``gene_holdout``, ``question``, ``control``, ``control_seeds``, ``limit``, ``only``, ``seed``.

    Raises
    ------
    HarnessError
        One line for whatever the caller can mend; see :mod:`core_harness.errors`. Where some of several
        strategies failed it is :class:`~core_harness.errors.IncompleteError`, which has the others' results.
    """
    session = Session(registry, settings=asking, progress=progress, notice=notice)
    spec = _spec(dataset, strategies, choices)
    return evaluate_spec(session, spec, out=None if out is None else Path(out))


def estimate(
    dataset: str = RunSpec.dataset,
    strategies: Sequence[str] | str = RunSpec.strategies,
    *,
    asking: Settings | None = None,
    notice: Notice | None = None,
    registry: Registry | None = None,
    **choices: Any,
) -> dict[str, Estimate]:
    """Return what :func:`evaluate` would ask and spend, by method. Sends nothing and writes nothing."""
    session = Session(registry, settings=asking, notice=notice)
    return estimate_spec(session, _spec(dataset, strategies, choices))


def resume(
    run: Run,
    *,
    asking: Settings | None = None,
    progress: Progress | None = None,
    notice: Notice | None = None,
    registry: Registry | None = None,
) -> Result:
    """Continue a run that did not come to its end; what was answered is not asked again.

    Raises :class:`~core_harness.errors.RunError` for a complete run, and for one whose dataset has changed.
    """
    session = Session(registry, settings=asking, progress=progress, notice=notice)
    return resume_run(session, run)


def _spec(dataset: str, strategies: Sequence[str] | str, choices: Mapping[str, Any]) -> RunSpec:
    names = (strategies,) if isinstance(strategies, str) else tuple(strategies)
    return RunSpec(dataset=dataset, strategies=names, **choices)
