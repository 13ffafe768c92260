"""The vote with unlisted pairs is what its docstring says, and the plain vote where all pairs are listed."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_evidence import CONTEXT, World, worlds

from core_harness import Task
from core_harness.llm import ANSWERS
from core_harness_plugins.aggregators.learned import LearnedVote
from core_harness_plugins.aggregators.vote import Vote

TASK = Task(
    dataset="d", question="de", agent="knockdown", regime="unseen-perturbation", seed=0, simulated=False
)
SHARES = st.sampled_from([0.03, 0.5, 1.0])


def scores(world: World, vote: Vote) -> pl.DataFrame:
    """Return the scores of a world's pairs, in the order in which it asks them."""
    return vote.predict(TASK, world.evidence(), pl.DataFrame(schema=dict(ANSWERS)))


def completed(world: World) -> World:
    """Return the world with all genes listed for each unit; those that are new do not respond."""
    genes = {gene for _, _, gene in world.support} | {gene for _, _, gene in world.pairs}
    units = {(context, name) for context, name, _ in world.support}
    every = {(*unit, gene): 0 for unit in units for gene in genes}
    return world._replace(support={**every, **world.support})


def by_hand(world: World, *, power: float, shrinkage: float, share: float) -> dict[int, tuple[float, str]]:
    """Return score and status of each pair, by the definition."""
    units = {(context, name) for context, name, _ in world.support}
    # a context without any support is judged by all of it
    known_in = {CONTEXT} & {context for context, _ in units} or {context for context, _ in units}
    known = {unit: label for unit, label in world.support.items() if unit[0] in known_in}
    measured = {unit for unit in units if unit[0] in known_in}
    prevalence = sum(known.values()) / len(known) if known else 0.5
    found = {}
    for number, asked, gene in world.pairs:
        labels = [label for (_, _, of), label in known.items() if of == gene]
        listed = rate = prevalence
        if labels:
            listed = sum(labels) / len(labels)
            rate = sum(labels) / (len(labels) + share * (len(measured) - len(labels)))
        positive = negative = unlisted = 0.0
        rows = 0
        for context, name in units:
            weight = world.weights(asked, name, context)[0]
            heard = weight**power if weight > 0 else 0.0
            label = world.support.get((context, name, gene))
            positive += heard if label == 1 else 0.0
            negative += heard if label == 0 else 0.0
            unlisted += heard if label is None else 0.0
            rows += heard > 0 and label is not None
        everything = positive + negative + share * unlisted
        vote = (positive + shrinkage * rate) / (everything + shrinkage) if everything else rate
        if listed and listed != rate:
            listed = min(listed, 1 - 0.5 / len(labels))
            odds = vote / (1 - vote) * (listed / (1 - listed)) / (rate / (1 - rate))
            vote = odds / (1 + odds)
        number_known = len(labels) or rows
        score = (number_known * vote + prevalence) / (number_known + 1)
        found[number] = (score, "ok" if positive + negative or (everything and labels) else "no_evidence")
    return found


@given(worlds(), st.sampled_from([1.0, 2.0]), SHARES)
def test_unlisted_pairs_count_in_part_as_not_responding(world: World, power: float, share: float) -> None:
    wanted = by_hand(world, power=power, shrinkage=0.1, share=share)
    found = scores(world, Vote(power=power, shrinkage=0.1, unlisted_weight=share))
    for number, score, status in found.iter_rows():
        assert score == pytest.approx(wanted[number][0], abs=1e-12)
        assert status == wanted[number][1]
    assert found["pair_id"].to_list() == [number for number, _, _ in world.pairs]


@given(worlds(), SHARES)
def test_where_all_pairs_are_listed_unlisted_ones_change_no_byte(world: World, share: float) -> None:
    whole = completed(world)
    assert scores(whole, Vote(unlisted_weight=share)).equals(scores(whole, Vote()))


def test_an_unlisted_neighbour_speaks_against_the_gene() -> None:
    """Of two queries with the same listed neighbour, the one with an unlisted neighbour too scores lower."""
    support = {(CONTEXT, name, gene): 0 for name in ("m0", "m1", "m2", "m3") for gene in ("g0", "g1")}
    support[CONTEXT, "m0", "g0"] = 1
    del support[CONTEXT, "m1", "g0"]
    weight = (1.0, None, None)
    world = World(
        support=support,
        pairs=[(0, "q0", "g0"), (1, "q1", "g0")],
        relations={("q0", "m0", None): weight, ("q1", "m0", None): weight, ("q1", "m1", None): weight},
    )
    plain, counted = (scores(world, Vote(unlisted_weight=share))["score"].to_list() for share in (0.0, 0.5))
    assert plain[0] == plain[1]
    assert counted[1] < counted[0]


def test_methods_declare_what_they_use() -> None:
    assert Vote().beyond_contrast == LearnedVote().beyond_contrast == frozenset()
    assert Vote(unlisted_weight=0.03).beyond_contrast == {"unlisted pairs"}
    both = LearnedVote(potency=True, unlisted_weight=0.03)
    assert both.beyond_contrast == {"potency", "unlisted pairs"}
