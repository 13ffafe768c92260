"""``evaluate()``: what ``core-harness eval`` does, from Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

from core_harness.evaluation.choices import Choices, as_spec
from core_harness.evaluation.progress import Notice, Progress
from core_harness.evaluation.result import AnyRun, Result, Results, load_run
from core_harness.evaluation.running import estimate_spec, evaluate_spec, resume_run
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.llm import Estimate, Settings
from core_harness.plugins.protocols import Dataset
from core_harness.registry.entries import Registry


def evaluate(
    dataset: str | Dataset = RunSpec.dataset,
    strategies: Sequence[str] | str = RunSpec.strategies,
    *,
    out: Path | str | None = None,
    asking: Settings | None = None,
    progress: Progress | None = None,
    notice: Notice | None = None,
    registry: Registry | None = None,
    session: Session | None = None,
    **choices: Unpack[Choices],
) -> Results:
    """Evaluate strategies on a dataset, one result each, in the order of ``strategies``.

    With ``question="both"`` two: on the dataset, and on its direction.

    Parameters
    ----------
    dataset, strategies
        Names as on the command line, e.g. ``"perturbqa/k562"`` and ``["gene-frequency", "voting"]``; a
        dataset may also be an object (:class:`core_harness.plugins.protocols.Dataset`).
    out
        Folder below which each run gets a folder of its own; None writes nothing.
    asking
        Pace, patience and limits of asking a model.
    progress, notice
        Called as work goes on, and with lines that a person should see.
    registry
        What names stand for; None is the shipped registry
        (:func:`core_harness.plugins.registries.open_registry` extends it).
    session
        What is loaded already, in place of ``asking``, ``progress``, ``notice`` and ``registry``; None makes
        one.
    **choices
        The other fields of :class:`~core_harness.evaluation.spec.RunSpec`: ``model``, ``retriever``,
        ``organizer``, ``aggregator``, ``parameters``, ``regime``, ``support_contexts``,
        ``gene_holdout``, ``question``, ``control``, ``control_seeds``, ``limit``, ``support``, ``only``,
        ``seed``. The first four may be objects that fit :mod:`core_harness.plugins.protocols`, such as
        ``aggregator=Mine()``: the record has their class, their arguments and a digest of their source.

    Raises
    ------
    HarnessError
        One line for whatever the caller can mend; see :mod:`core_harness.errors`. Where some of several
        strategies failed it is :class:`~core_harness.errors.IncompleteError`, which has the others' results.
    """
    session = session or Session(registry, settings=asking, progress=progress, notice=notice)
    session, spec = as_spec(session, dataset, strategies, choices)
    return Results(evaluate_spec(session, spec, out=None if out is None else Path(out)))


def estimate(
    dataset: str | Dataset = RunSpec.dataset,
    strategies: Sequence[str] | str = RunSpec.strategies,
    *,
    asking: Settings | None = None,
    notice: Notice | None = None,
    registry: Registry | None = None,
    session: Session | None = None,
    **choices: Unpack[Choices],
) -> dict[str, Estimate]:
    """Return what :func:`evaluate` would ask and spend, by method. Sends nothing and writes nothing."""
    session = session or Session(registry, settings=asking, notice=notice)
    return estimate_spec(*as_spec(session, dataset, strategies, choices))


def resume(
    run: AnyRun,
    *,
    asking: Settings | None = None,
    progress: Progress | None = None,
    notice: Notice | None = None,
    registry: Registry | None = None,
    session: Session | None = None,
) -> Result:
    """Continue a run that did not come to its end; what was answered is not asked again.

    A run that was made with an object is resumed in a session that has it:
    ``resume(run, session=Session().with_objects(aggregator=Mine()))``.

    Raises :class:`~core_harness.errors.RunError` for a complete run, and for one whose dataset or method has
    changed.
    """
    session = session or Session(registry, settings=asking, progress=progress, notice=notice)
    return resume_run(session, load_run(run))
