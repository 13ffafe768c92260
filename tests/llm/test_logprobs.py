from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.llm import TopLogprobs, first_place, weigh, weighed
from core_harness.llm.formats import UP_DOWN_NONE

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
        ({"yes": 0.6, "no": 0.2}, (0.75, 0.8, False)),
        ({"yes": 0.3, " Yes": 0.2, "YES": 0.1, "no": 0.2}, (0.75, 0.8, False)),
        ({'"no': 0.8, "I": 0.1}, (0.1 / 0.9, 0.8, True)),  # as much as the listed ones leave
        ({'"no': 0.5, "I": 0.1}, (0.1 / 0.6, 0.5, True)),  # as much as the least listed one has
        ({"yes": 1.0}, (1.0, 1.0, True)),
        ({"maybe": 0.5, "Notably": 0.3, "yesterday": 0.1}, (0.5, 0.0, True)),
    ],
)
def test_yes_is_weighed_against_no(top: dict[str, float], expected: tuple[float, float, bool]) -> None:
    place = TopLogprobs(0, tuple((token, math.log(p)) for token, p in top.items()))
    found = weigh(place)
    assert (found.shares[0], found.mass, found.bounded) == pytest.approx(expected)


def test_unlisted_words_share_what_is_left() -> None:
    found = weigh(TopLogprobs(0, (("up", math.log(0.9)), ("x", math.log(0.06)))), UP_DOWN_NONE)
    assert found.shares == pytest.approx((0.9 / 0.94, 0.02 / 0.94, 0.02 / 0.94))
    assert found.mass == pytest.approx(0.9)
    assert found.bounded


TOP = st.lists(st.tuples(st.sampled_from(["yes", " no", "x"]), st.floats(allow_nan=False)), max_size=6)


@given(TOP)
def test_shares_and_masses_are_probabilities(top: list[tuple[str, float]]) -> None:
    found = weigh(TopLogprobs(0, tuple(top)))
    assert 0.0 <= found.shares[0] <= 1.0
    assert 0.0 <= found.mass <= 1.0


@given(st.floats(0.01, 0.6), st.floats(0.01, 0.39))
def test_an_unlisted_word_is_never_impossible(yes: float, other: float) -> None:
    found = weigh(TopLogprobs(0, (("yes", math.log(yes)), ("x", math.log(other)))))
    assert found.shares[0] < 1.0
    # whatever no truly has, it has no more than it is given
    true_no = min(1 - yes - other, yes, other)
    assert found.shares[0] <= yes / (yes + true_no) + 1e-9


def test_the_first_token_is_a_place_whatever_is_likely_there() -> None:
    top = [("x", -2.0), ("y", -1.0)]
    text, places = first_place([(b" x", top), (b"yes", YES_OR_NO)])
    assert (text, places) == (" x", (TopLogprobs(0, (("y", -1.0), ("x", -2.0))),))
    assert first_place([]) == ("", None)
    assert first_place([(b" x", [])]) == (" x", None)
