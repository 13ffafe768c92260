from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.llm import Message, Price, Reply, Request, Tokens, TopLogprobs
from core_harness.llm.keys import reply_key

TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
COUNT = st.none() | st.integers(0, 10**6)
PLACES = st.lists(
    st.builds(
        TopLogprobs,
        st.integers(0, 1000),
        st.lists(st.tuples(TEXT, st.floats(-50, 0)), max_size=3).map(tuple),
    ),
    max_size=3,
).map(tuple)
REPLIES = st.builds(
    Reply,
    text=TEXT,
    model=TEXT,
    finish=st.sampled_from([None, "stop", "length"]),
    logprobs=st.none() | PLACES,
    prompt_tokens=COUNT,
    completion_tokens=COUNT,
    thinking_tokens=COUNT,
    cost=st.none() | st.floats(0, 10),
)

IDENTITY: dict[str, object] = {
    "model": "m",
    "api_base": "http://one/v1",
    "temperature": 0.0,
    "max_tokens": 10,
}
REQUEST = Request(messages=(Message("system", "s"), Message("user", "u")), form="yes-no", items=("G",))


@given(REPLIES)
def test_a_reply_survives_storage(reply: Reply) -> None:
    assert Reply.from_json(reply.to_json()) == reply


def test_what_changes_an_answer_changes_the_key() -> None:
    changes: list[dict[str, Any]] = [
        {"messages": (Message("user", "s"), Message("user", "u"))},
        {"messages": (Message("system", "s"), Message("user", "u2"))},
        {"messages": (Message("system", "su"), Message("user", ""))},
        {"form": "grades"},
        {"items": ("H",)},
        {"sample": 1},
    ]
    identities: list[dict[str, object]] = [
        {"model": "n"},
        {"api_base": "http://two/v1"},
        {"temperature": 0.5},
        {"max_tokens": 11},
        {"top_logprobs": 5},
    ]
    keys = [reply_key(IDENTITY, REQUEST)]
    keys += [reply_key(IDENTITY, replace(REQUEST, **change)) for change in changes]
    keys += [reply_key({**IDENTITY, **change}, REQUEST) for change in identities]
    assert len(set(keys)) == len(keys)


def test_what_changes_no_answer_leaves_the_key() -> None:
    backwards = dict(reversed(IDENTITY.items()))
    assert reply_key(backwards, REQUEST) == reply_key(IDENTITY, REQUEST)


def test_the_key_is_that_of_earlier_versions() -> None:
    # a change here makes every stored reply be asked for again
    assert reply_key(IDENTITY, REQUEST) == "8468ab32748b8e6658fc8a60bac296cb4c2a81da512002a362fedcb4a8ba5d10"


def test_a_key_of_half_a_character() -> None:
    assert len(reply_key(IDENTITY, replace(REQUEST, items=("\ud800",)))) == 64


@pytest.mark.parametrize("model", ["any name", "simulated/any name"])
@pytest.mark.parametrize("simulated", [True, False])
def test_a_reply_says_whether_it_is_simulated(simulated: bool, model: str) -> None:
    reply = Reply(text="", model=model, simulated=simulated)
    assert Reply.from_json(reply.to_json()) == reply


@pytest.mark.parametrize(
    ("model", "simulated"), [("simulated/always-plausible", True), ("Qwen/Qwen3.5-9B", False)]
)
def test_of_stored_replies_that_do_not_say_so_the_test_servers_are_simulated(
    model: str, simulated: bool
) -> None:
    assert Reply.from_json(f'{{"text": "", "model": "{model}"}}').simulated is simulated


def test_prices_are_by_the_million() -> None:
    price = Price(prompt=2.0, completion=10.0, date="2026-11-01")
    assert price.cost(Tokens(1_000_000, 100_000)) == 3.0
