"""Where an answer was read in a reply: the text stays whole, and what was read is marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.llm import Form, Reply
from core_harness.llm.answers import marked, parse
from core_harness.llm.formats import FORMS, SINGLE, render, words_of

ITEMS = ["TP53", "MYC", "ATF4"]


def said(text: str, finish: str = "stop") -> Reply:
    return Reply(text=text, model="m", finish=finish)


@given(
    st.sampled_from(FORMS),
    st.booleans(),
    st.integers(0, 10),
    st.sampled_from(["", "It may go up.\nOr not.", "<think>ANSWER: no</think>"]),
)
def test_every_answer_is_marked(form: Form, structured: bool, number: int, before: str) -> None:
    words = [*words_of(form), "abstain"]
    verdict = number if form == "grades" else words[number % len(words)]
    items = ITEMS[:1] if form in SINGLE else ITEMS
    text = f"{before}\n{render(form, [(item, verdict) for item in items], structured=structured)}"
    parts = marked(said(text), form, items)
    assert "".join(parts) == text
    shown = "".join(parts[1::2])
    assert shown.count(str(verdict)) >= len(items)
    assert "no</think>" not in shown


@given(st.text() | st.text("ANSWER: yesno{}\"'\n", max_size=60), st.sampled_from(FORMS))
def test_nothing_of_the_text_is_lost(text: str, form: Form) -> None:
    assert "".join(marked(said(text), form, ITEMS)) == text


@pytest.mark.parametrize(
    ("text", "finish"), [("I cannot answer.", "stop"), ("ANSWER: y", "length"), ("", "content_filter")]
)
def test_what_holds_no_answer_has_no_mark(text: str, finish: str) -> None:
    assert parse(said(text, finish), "yes-no", ITEMS[:1])[0].status != "ok"
    assert marked(said(text, finish), "yes-no", ITEMS[:1]) == [text]
