"""Where an answer was read in a reply: the text stays whole, and what was read is marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.llm import Form, Reply
from core_harness.llm.answers import marked, parse
from core_harness.llm.formats import FORMS, Verdict, render

ITEMS = ["TP53", "MYC", "ATF4"]


def said(text: str, finish: str = "stop") -> Reply:
    return Reply(text=text, model="m", finish=finish)


@given(
    st.sampled_from(FORMS),
    st.booleans(),
    st.sampled_from(["yes", "no", "abstain"]),
    st.integers(0, 10),
    st.sampled_from(["", "It may go up.\nOr not.", "<think>ANSWER: no</think>"]),
)
def test_every_answer_is_marked(form: Form, structured: bool, word: Verdict, grade: int, before: str) -> None:
    verdict = grade if form == "grades" else word
    items = ITEMS[:1] if form == "yes-no" else ITEMS
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
