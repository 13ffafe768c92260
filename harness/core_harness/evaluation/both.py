"""Two questions at once: what is asked of a dataset and of its direction, for two runs from one asking.

The prompts are about the pairs of the first dataset. A prompt of the second run is the same text for the same
pair, so it is answered before it could be asked, and no model learns which pairs change.
"""

from __future__ import annotations

from dataclasses import replace

from core_harness.data import splits
from core_harness.errors import UsageError
from core_harness.evaluation.loaded import Loaded
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.registry.entries import Registry
from core_harness.runs.manifest import AskedWith
from core_harness.vocabulary import Question


def specs_of_both(session: Session, spec: RunSpec) -> tuple[RunSpec, RunSpec]:
    """Return the spec of the run on the dataset, and that of the run on its direction.

    Raises
    ------
    UsageError
        The registry names no direction of the dataset, the two do not ask what is asked at once, or no pair
        of the direction would be asked about.
    DataError, MissingDataError
        Either cannot be read.
    """
    of_change, of_direction = spec, direction_of(session, spec)
    if of_direction is None:
        datasets = session.registry.datasets
        able = ", ".join(name for name, one in datasets.items() if one.direction is not None)
        raise UsageError(
            f"the registry names no direction of {spec.dataset}, so --question both has no second run; it "
            f"goes with {able}, and tables of up, down and none"
        )
    direction = of_direction.dataset
    change, where = (session.load(replace(one, limit=None, only=None)) for one in (of_change, of_direction))
    if (change.task.question, where.task.question) != ("de", "dir"):
        raise UsageError(f"{spec.dataset} does not ask for a change, or {direction} not for its direction")
    asked = splits.only_asked(where.split, change.split.queries)
    not_asked = where.split.queries.height - asked.queries.height
    if not_asked:
        session.notice(f"{direction}: {not_asked:,} pairs are no pairs of {spec.dataset}: not asked")
    both = (
        replace(of_change, asked_with=_asked_with(where, not_asked)),
        replace(of_direction, asked_with=_asked_with(change, not_asked)),
    )
    if session.load(both[1]).split.queries.is_empty():
        raise UsageError(f"no pair of {direction} is in this part of {spec.dataset}; ask about more pairs")
    return both


def direction_of(session: Session, spec: RunSpec) -> RunSpec | None:
    """Return the spec of a dataset's direction: the registry's, or that of a table of up, down and none.

    None where there is neither. Raises :class:`DataError` where the dataset cannot be read.
    """
    entry = session.registry.datasets.get(spec.dataset)
    if entry is not None and entry.direction is not None:
        return replace(spec, dataset=entry.direction)
    loaded = session.load(replace(spec, limit=None, only=None))
    if loaded.task.question == "dir" or not getattr(loaded.dataset.object, "three_way", False):
        return None
    of_dataset = {**spec.parameters.get("dataset", {}), "question": "dir"}
    return replace(spec, parameters={**spec.parameters, "dataset": of_dataset})


def dataset_asking(question: Question, dataset: str, registry: Registry) -> str | None:
    """Return the dataset that the registry names for a question about another; None where it names none."""
    datasets = registry.datasets
    if dataset in datasets and question == "dir":
        return datasets[dataset].direction
    return next((name for name, entry in datasets.items() if entry.direction == dataset), None)


def _asked_with(other: Loaded, not_asked: int) -> AskedWith:
    return AskedWith(
        dataset=other.task.dataset,
        component=other.dataset.reference,
        sha256=other.digest,
        not_asked=not_asked,
    )
