"""``audit()``: what ``core-harness audit`` does, from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core_harness.analysis.audit.dataset import DatasetAudit, audit_dataset
from core_harness.analysis.audit.run import RunAudit, audit_run
from core_harness.errors import UsageError
from core_harness.evaluation.choices import as_spec
from core_harness.evaluation.result import AnyRun, load_run
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.plugins.protocols import Dataset
from core_harness.runs.folder import DEFAULT_FOLDER


def audit(
    what: AnyRun | Dataset,
    *,
    controls: bool = False,
    contexts: Sequence[str] = (),
    parameters: Mapping[Any, Mapping[str, Any]] | None = None,
    seed: int = 0,
    folder: Path | str = DEFAULT_FOLDER,
    session: Session | None = None,
) -> RunAudit | DatasetAudit:
    """Say what the figures of a run rest on, or what a dataset can show, with a verdict.

    Parameters
    ----------
    what
        A run (a result that was written, an open run, a path, or a name below ``folder``), else a dataset as
        :func:`~core_harness.evaluate` takes it: its name, or an object.
    controls
        Whether the controls that a run lacks are run, in the folder in which it stands.
    contexts
        Other contexts to compare a dataset with, by the names that it has for them.
    parameters
        Of a dataset, by stage: ``{"dataset": {"split_seed": 1}}``.
    seed
        Of the bootstrap and the folds of a run, or of the methods that a dataset is tried with.
    folder
        Where names of runs are looked for.
    session
        Where datasets, methods and the graph are loaded; None makes one.

    Raises
    ------
    UsageError
        There is neither such a run nor such a dataset, or an option of the one was given for the other.
    RunError
        The run cannot be set against the truth.
    DataError
        The dataset cannot be read.
    """
    session = session or Session()
    if not isinstance(what, AnyRun):
        session, spec = as_spec(
            session, what, RunSpec.strategies, {"parameters": parameters or {}, "seed": seed}
        )
        return audit_dataset(spec, session, contexts=contexts)
    if not isinstance(what, Path | str) or _is_run(what, folder):
        for option, given in (("--contexts", contexts), ("-p", parameters)):
            if given:
                raise UsageError(f"{option} is about a dataset, and this is a run; leave it out")
        return audit_run(load_run(what, folder), session, make_controls=controls, seed=seed)
    if controls:
        raise UsageError(f"--controls is about a run, and {str(what)!r} is none; leave it out")
    spec = RunSpec(dataset=str(what), parameters=parameters or {}, seed=seed)
    try:
        session.dataset(spec)
    except UsageError as error:
        raise UsageError(f"no run {str(what)!r} in {folder}, and {error}") from None
    return audit_dataset(spec, session, contexts=contexts)


def _is_run(name: Path | str, folder: Path | str) -> bool:
    return any((place / name / "run.json").is_file() for place in (Path(folder), Path()))
