"""A component run in a world: what it returns, checked as the pipeline checks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from functools import lru_cache
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

from core_harness.data import splits
from core_harness.errors import UsageError
from core_harness.evaluation import pipeline
from core_harness.evaluation.checks import check_prompts
from core_harness.evaluation.methods import Method
from core_harness.evidence.evidence import Evidence
from core_harness.knowledge.facts import Facts
from core_harness.llm import ANSWERS
from core_harness.plugins.component import Instance, Stage
from core_harness.plugins.guard import call
from core_harness.plugins.protocols import AskingOrganizer, LearningAggregator, UsesKnowledge
from core_harness.schemas import PAIRS, Block
from core_harness.testing.contract import worlds
from core_harness.testing.contract.plain import answers_about, method_with
from core_harness.testing.contract.subject import Fault, Skip, Subject
from core_harness.testing.contract.worlds import World

METHODS = ("use", "rows", "relate", "organize", "prompts", "fit", "predict")
"""What the pipeline calls in a run; those of a model are called by the checks of models."""

KEYS = ("pair_id", "perturbation", "neighbour", "neighbour_context", "prompt_id", "sample", "context", "gene")
"""Columns that tell rows of a frame apart."""

CLOSE = 1e-6
"""How far numbers may differ that are the same but for the order of a sum, or the end of a fit."""

FEW = 6
"""Examples to learn from in a small world, at most."""

Around = Callable[[str, Sequence[Any]], AbstractContextManager[Sequence[Any]]]
"""Entered around each call of a component, with the method and its arguments; gives the arguments to use."""


def returned(
    instance: Instance,
    world: World,
    others: Mapping[Stage, Any] | None = None,
    *,
    rows: bool = True,
) -> list[pl.DataFrame]:
    """Return the frames that a retriever, an organizer or an aggregator returns in a world.

    ``others`` are objects at other stages, in place of the plain ones; ``rows`` are those of all evidence,
    which no run makes. Raises
    :class:`~core_harness.errors.PluginError` where the pipeline would, and :class:`Skip` where the component
    says that it cannot be used there.
    """
    method = method_with(instance, others)
    try:
        if isinstance(instance.object, UsesKnowledge):
            call(instance, "use", world.graph)
        if instance.stage == "aggregator":
            return [_predictions(method, world)]
        blocks = splits.blocks(
            world.split.queries,
            world.split.support,
            regime=world.task.regime,
            support_contexts=world.task.support_contexts,
        )
        return [frame for block in blocks for frame in about(method, world, block, rows=rows)]
    except UsageError as refused:
        raise Skip(f"in the world {world.name!r}: {refused}") from None


def suited(subject: Subject) -> World:
    """Return the first usual world in which the component can be used."""
    return _in_a_world(subject)[0]


def usually(subject: Subject) -> list[pl.DataFrame]:
    """Return what the component returns there."""
    return _in_a_world(subject)[1]


@lru_cache(maxsize=1)
def _in_a_world(subject: Subject) -> tuple[World, list[pl.DataFrame]]:
    for made in worlds.usual():
        with suppress(Skip):
            return made, returned(subject.fresh(), made)
    raise Skip("it can be used in none of the worlds")


def about(method: Method, world: World, block: Block, *, rows: bool = True) -> Iterator[pl.DataFrame]:
    """Yield what the method's retriever, and its organizer, return about one block, perhaps without rows."""
    relations = pipeline.relate(method, world.task, block)
    yield relations
    organized = pipeline.organize(method, world.task, Evidence(block, relations))
    if rows:
        yield organized.rows()
    yield organized.totals()
    if isinstance(method.organizer.object, AskingOrganizer):
        prompts = call(method.organizer, "prompts", world.task, organized, Facts.of(world.graph))
        yield check_prompts(prompts, organized, method.organizer.name)


def predictions_about(method: Method, world: World, block: Block) -> pl.DataFrame:
    """Return what an aggregator that has learnt predicts about one block."""
    relations = pipeline.relate(method, world.task, block)
    evidence = pipeline.organize(method, world.task, Evidence(block, relations))
    return pipeline.predict(method, world.task, [evidence], _answers(method, block.pairs))


def _predictions(method: Method, world: World) -> pl.DataFrame:
    _learn_from_few(method.aggregator.object)
    shown = pipeline.show(method, world.task, world.split, None, Facts.none())
    learnt_from = [block.pairs for examples in shown.examples for block in examples.evidence]
    pairs = pl.concat([*learnt_from, world.split.queries])
    return pipeline.fit_and_predict(method, shown, _answers(method, pairs))


def _learn_from_few(aggregator: Any) -> None:
    """Have an aggregator learn from no more examples than a small world has."""
    if isinstance(aggregator, LearningAggregator) and (aggregator.examples or 0) > FEW:
        object.__setattr__(aggregator, "examples", FEW)


def _answers(method: Method, pairs: pl.DataFrame) -> pl.DataFrame:
    if "answers" in method.aggregator.object.needs:
        return answers_about(pairs)
    return pl.DataFrame(schema=dict(ANSWERS))


def watched(instance: Instance, around: Around) -> Instance:
    """Return the instance with each call of its object's methods inside ``around``."""
    cls = type(instance.object)

    def within(name: str) -> Callable[..., Any]:
        def method(self: Any, *arguments: Any) -> Any:
            with around(name, arguments) as given:
                return getattr(cls, name)(self, *given)

        return method

    own = {name: within(name) for name in METHODS if hasattr(cls, name)}
    # a subclass, and no stand-in: what protocols it fits is read off the class
    object.__setattr__(instance.object, "__class__", type(cls.__name__, (cls,), {"__slots__": (), **own}))
    return instance


def compare(first: Sequence[pl.DataFrame], second: Sequence[pl.DataFrame], when: str) -> None:
    """Raise :class:`Fault` where two runs did not return the same, whatever the order of rows."""
    for one, other in zip(first, second, strict=True):
        keys = [key for key in KEYS if key in one.columns and key in other.columns]
        sorted_frames = (frame.sort(keys, maintain_order=True) for frame in (one, other))
        try:
            assert_frame_equal(*sorted_frames, check_column_order=False, rel_tol=CLOSE, abs_tol=CLOSE)
        except AssertionError as difference:
            what = " ".join(str(difference).split())[:300]
            raise Fault(f"it does not return the same {when}: {what}") from None


def empty(block: Block, *, pairs: int = 0, support: int | None = None) -> Block:
    """Return a block cut down to its first pairs and rows of support."""
    kept = block.support if support is None else block.support.head(support)
    return Block(context=block.context, pairs=block.pairs.select(*PAIRS).head(pairs), support=kept)
