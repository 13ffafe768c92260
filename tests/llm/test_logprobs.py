from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.llm import TopLogprobs, probability_of_yes, weighed

YES_OR_NO = [(" yes", math.log(0.8)), (" no", math.log(0.2))]


def sure(text: str) -> tuple[bytes, list[tuple[str, float]]]:
    return text.encode(), [(text, 0.0)]


def test_places_are_counted_from_the_visible_text() -> None:
    tokens = [
        sure("<think>"),
        sure("yes?"),
        sure("</think>"),
        sure("ANSWER:"),
        (b" yes", YES_OR_NO),
        sure("<end>"),
    ]
    (place,) = weighed("ANSWER: yes", tokens)
    assert place == TopLogprobs(7, tuple(YES_OR_NO))


def test_a_character_in_two_tokens_moves_no_place() -> None:
    tokens = [(b"\xce", [("\ufffd", 0.0)]), (b"\xb1: ", [(": ", 0.0)]), (b"yes", YES_OR_NO)]
    (place,) = weighed("\u03b1: yes", tokens)
    assert place.start == 3


def test_tokens_that_do_not_spell_the_text_name_no_place() -> None:
    assert weighed("ANSWER: no", [sure("ANSWER:"), (b" yes", YES_OR_NO)]) == ()
    assert weighed("", [(b" yes", YES_OR_NO)]) == ()


def test_half_characters_are_not_kept() -> None:
    (place,) = weighed("yes", [(b"yes", [("yes", -0.1), ("\ud800", -3.0)])])
    place.top[1][0].encode()


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        ({"yes": 0.6, "no": 0.2}, 0.75),
        ({"yes": 0.3, " Yes": 0.2, "YES": 0.1, "no": 0.2}, 0.75),
        ({'"no': 0.9, "I": 0.1}, 0.0),
        ({"yes": 1.0}, 1.0),
        ({"maybe": 1.0, "Notably": 0.5, "yesterday": 0.2}, None),
    ],
)
def test_probability_of_yes(top: dict[str, float], expected: float | None) -> None:
    place = TopLogprobs(0, tuple((token, math.log(p)) for token, p in top.items()))
    assert probability_of_yes(place) == (None if expected is None else pytest.approx(expected))


@given(st.lists(st.tuples(st.sampled_from(["yes", " no", "x"]), st.floats(allow_nan=False)), max_size=6))
def test_probability_of_yes_is_one(top: list[tuple[str, float]]) -> None:
    p = probability_of_yes(TopLogprobs(0, tuple(top)))
    assert p is None or 0.0 <= p <= 1.0
