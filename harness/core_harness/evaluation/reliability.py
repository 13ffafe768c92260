"""How far to trust a method: its own figures on the test split of a dataset, from a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core_harness.errors import UsageError
from core_harness.evaluation.methods import Method
from core_harness.evaluation.running import evaluate_method, manifest_of
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.runs.folder import Run, find_run, list_runs, open_run
from core_harness.runs.summary import about, as_result

FIGURES = ("macro_gene_auroc", "pooled_auroc", "ece")
"""Metrics by which a method is trusted: within genes, over all pairs, and as probabilities."""


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """The figures of a method on a test split.

    Attributes
    ----------
    run
        The run that they come from.
    about
        Method, dataset, question, regime, seed and part, on one line.
    asked
        The same by the keys of ``eval --json``.
    metrics, pairs
        :data:`FIGURES` in plain types, and how many pairs were asked.
    """

    run: str
    about: str
    asked: Mapping[str, Any]
    metrics: Mapping[str, Any]
    pairs: int

    @classmethod
    def of(cls, run: Run) -> Reliability:
        """Return the figures of a run that came to its end."""
        report = run.report()
        return cls(
            run=run.name,
            about=about(run.manifest),
            asked=as_result(run.manifest),
            metrics={name: report["metrics"][name] for name in FIGURES},
            pairs=report["coverage"]["pairs"],
        )

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints of it; its keys are stable."""
        return {"run": self.run, "pairs": self.pairs, "metrics": dict(self.metrics), **self.asked}


def reliability(
    session: Session, method: Method, spec: RunSpec, *, folder: Path, name: str | None = None
) -> Reliability | None:
    """Return the figures of a method on the test split of a spec's dataset.

    They come from the run that ``name`` names, else from the latest one of this method, dataset, regime,
    graph and seed below ``folder``. Where there is none, the method is evaluated there, once; but one that
    asks a model is not, since that costs more than what was asked for: then they are None.

    Raises :class:`~core_harness.errors.UsageError` where the named run is of another method or dataset, did
    not come to its end, or is under a control.
    """
    dataset = session.dataset(spec)
    wanted = manifest_of(session, method, spec, dataset)
    if name is not None:
        run = find_run(name, folder)
        record = run.manifest
        same = (record.identity, record.dataset_sha256) == (wanted.identity, wanted.dataset_sha256)
        if not same or record.control or run.state != "complete":
            raise UsageError(
                f"run {run.name} is not a complete run of {method.label} on the rows of {spec.dataset}, "
                "without a control; name another, or leave out --run"
            )
        return Reliability.of(run)
    for run in reversed(list_runs(folder)):
        if (
            run.state == "complete"
            and not run.manifest.control
            and run.manifest.same_method_and_pairs(wanted)
        ):
            return Reliability.of(run)
    if method.asks:
        return None
    session.notice(f"{method.label}: evaluated once on the test split, to say how far to trust it")
    made = evaluate_method(session, method, spec, out=folder)
    return None if made.run is None else Reliability.of(open_run(made.run))
