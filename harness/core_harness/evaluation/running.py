"""Running what was asked for: the methods of a spec one after the other, each with its record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits

from core_harness.errors import HarnessError, IncompleteError
from core_harness.evaluation import pipeline
from core_harness.evaluation.both import specs_of_both
from core_harness.evaluation.in_graph import InGraph, in_graph
from core_harness.evaluation.methods import Method
from core_harness.evaluation.result import Result
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec, spec_of, tasks_of
from core_harness.llm import Cache, Estimate, Journal, estimate
from core_harness.paths import replies_path
from core_harness.plugins.component import Instance
from core_harness.plugins.guard import GuardedLLM
from core_harness.runs.folder import Run, RunWriter, new_run, reopen_run
from core_harness.runs.manifest import Manifest, versions_of
from core_harness.vocabulary import Control


def evaluate_spec(session: Session, spec: RunSpec, *, out: Path | None = None) -> list[Result]:
    """Evaluate each method of a spec, in a run folder of its own below ``out``; None writes nothing.

    Raises :class:`~core_harness.errors.IncompleteError`, when the others are done, where some of several
    methods failed; of a single method, its error.
    """
    failures: dict[str, HarnessError] = {}
    several = len(spec.strategies) > 1
    methods = session.methods(spec, on_failure=failures.__setitem__ if several else None)
    warn_of_contamination(session, spec, methods)
    session.load(spec)  # what is wrong with the data is no fault of a method
    asked, again = (spec, None) if spec.question is None else specs_of_both(session, spec)
    results = []
    for method in methods:
        try:
            results.append(evaluate_method(session, method, asked, out=out))
            if again is not None:
                results.append(evaluate_method(_asking_nothing(session), method, again, out=out))
        except HarnessError as error:
            if not several:
                raise
            failures[method.label] = error
    if failures:
        raise IncompleteError(results, failures)
    return results


def _asking_nothing(session: Session) -> Session:
    """Return the session with no model asked: the run before has the replies."""
    return session.with_settings(replace(session.settings, stored_only=True))


def evaluate_method(
    session: Session,
    method: Method,
    spec: RunSpec,
    *,
    dataset: Instance | None = None,
    out: Path | None = None,
) -> Result:
    """Evaluate one method on the dataset of a spec, or on another one, in a run folder below ``out``."""
    dataset = dataset or session.dataset(spec)
    if out is None:
        return _run(session, method, spec, dataset, None)
    with new_run(out, manifest_of(session, method, spec, dataset)) as writer:
        try:
            return _run(session, method, spec, dataset, writer)
        except (KeyboardInterrupt, SystemExit):
            if method.asks and writer.folder.is_dir():
                resume = f"core-harness eval --resume {writer.folder.name} --out {out}"
                session.notice(f"{method.label}: interrupted; `{resume}` goes on")
            raise


def evaluate_again(session: Session, run: Run, *, control: Control, out: Path) -> Result:
    """Evaluate the method of a run again, on the same pairs, under a control."""
    spec = replace(spec_of(run.manifest), control=control)
    dataset = session.load_of(run.manifest, run.name).dataset
    return evaluate_method(session, session.method(run.manifest.method), spec, dataset=dataset, out=out)


def resume_run(session: Session, run: Run) -> Result:
    """Continue a run that did not come to its end; what was answered is not asked again.

    Raises :class:`RunError` for a complete run, for one that another process is writing, and for one whose
    dataset or method has changed.
    """
    with reopen_run(run.folder) as writer:
        loaded = session.load_of(run.manifest, run.name)
        method = session.method(run.manifest.method)
        session.open_knowledge_of(run.manifest, loaded.dataset, method)
        spec = spec_of(run.manifest)
        warn_of_contamination(session, spec, [method])
        return _run(session, method, spec, loaded.dataset, writer)


def estimate_spec(session: Session, spec: RunSpec, *, counted: set[str] | None = None) -> dict[str, Estimate]:
    """Return what the methods of a spec that ask a model would ask and spend, by label.

    Sends nothing, so no key is needed. ``counted`` holds prompts that other estimates have counted
    (:func:`~core_harness.llm.estimate`).
    """
    methods = session.methods(spec, keyless=True)
    warn_of_contamination(session, spec, methods)
    return {
        method.label: _estimate(session, method, method.llm, spec, counted)
        for method in methods
        if method.llm is not None
    }


def warn_of_contamination(session: Session, spec: RunSpec, methods: Sequence[Method]) -> None:
    """Notice that the model of a spec may have read about its dataset, where any method asks it."""
    dates = session.contamination(spec) if any(method.asks for method in methods) else None
    if dates is not None and (sentence := dates.sentence()):
        session.notice(sentence)


def _estimate(
    session: Session, method: Method, llm: Instance, spec: RunSpec, counted: set[str] | None
) -> Estimate:
    loaded = session.load(spec)
    facts = session.open_knowledge(loaded.dataset, method)
    with threadpool_limits(limits=1):
        prompts = pl.concat(
            pipeline.prompt(method, pipeline.show(method, task, loaded.split, spec.control, facts))
            for task in tasks_of(loaded.task, spec)
        )
    return estimate_prompts(session, llm, prompts, counted=counted)


def estimate_prompts(
    session: Session, llm: Instance, prompts: pl.DataFrame, *, counted: set[str] | None = None
) -> Estimate:
    """Return what asking these prompts would cost; answers in the cache cost nothing. Sends nothing."""
    with Cache(replies_path()) as cache, Journal(None, cache=cache) as journal:
        price = session.settings.price
        return estimate(GuardedLLM(llm), prompts, journal=journal, price=price, counted=counted)


def _run(
    session: Session, method: Method, spec: RunSpec, dataset: Instance, writer: RunWriter | None
) -> Result:
    journal = writer.journal if writer is not None and method.asks else None
    with threadpool_limits(limits=1):  # sums in one order: the same bytes whatever the machine
        result = pipeline.run_method(session, method, spec, dataset=dataset, journal=journal)
    if result.asking is not None:
        session.notice(f"{method.label}: {result.asking.sentence()}")
    if writer is None:
        return result
    run = writer.finish(result.predictions, result.report.as_dict(), result.asking)
    if run.state == "partial":
        session.notice(f"{run.name} is partial; `core-harness eval --resume` finishes it")
    return replace(result, run=run.folder)


def manifest_of(session: Session, method: Method, spec: RunSpec, dataset: Instance) -> Manifest:
    """Return the record of a run that is about to begin."""
    loaded = session.load(spec, dataset)
    graph = session.graph_of(loaded.dataset, method)
    dates = session.contamination(spec) if method.asks else None
    packages = ("core-harness", "numpy", "polars", "scipy", *(("litellm",) if method.asks else ()))
    return Manifest(
        task=loaded.task,
        part=spec.part,
        asked_with=spec.asked_with,
        control=spec.control,
        control_seeds=spec.control_seeds,
        method=method.reference,
        dataset=loaded.dataset.reference,
        dataset_sha256=loaded.digest,
        graph_sha256=None if graph is None else graph.digest,
        contamination=None if dates is None else dates.as_dict(),
        identifiers=_identifiers(loaded.notes, in_graph(session, loaded, method)),
        packages=versions_of(*packages),
    )


def _identifiers(notes: Sequence[str], known: InGraph | None) -> dict[str, Any] | None:
    """Return what a record says of names; None where there is nothing to say."""
    said = {"notes": list(notes)} if notes else {}
    return {**said, **({} if known is None else {"in_graph": known.as_dict()})} or None
