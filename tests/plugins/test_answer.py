"""What a model's answers come to: the mean over samples, of one question or of two at once."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.llm import ANSWERS
from core_harness_plugins.aggregators.answer import mean_answers

SHARES = st.tuples(*[st.floats(0, 1)] * 3).filter(lambda shares: sum(shares) > 1e-6)


def answers(*samples: tuple[float | None, float | None, str]) -> pl.DataFrame:
    """Return answers about pair 7: value, share of up, status."""
    rows = [
        (7, sample, 7, "G", value, up, status, None, None)
        for sample, (value, up, status) in enumerate(samples)
    ]
    return pl.DataFrame(rows, schema=dict(ANSWERS), orient="row")


def test_one_question_is_the_mean_whatever_it_is() -> None:
    said = answers((1.0, None, "ok"), (0.0, None, "ok"), (None, None, "unparsed"))
    for question in ("de", "dir"):
        assert mean_answers(said, question).row(0) == (7, 0.5, "ok")


def test_words_are_shares_of_the_samples() -> None:
    said = answers(
        (1.0, 1.0, "ok"), (1.0, 0.0, "ok"), (0.0, 0.5, "ok"), (1.0, 1.0, "ok"), (None, None, "empty")
    )
    assert mean_answers(said, "de").row(0) == (7, 0.75, "ok")
    assert mean_answers(said, "dir").row(0) == (7, pytest.approx(2 / 3), "ok")


def test_no_change_in_any_sample_has_no_direction() -> None:
    said = answers((0.0, 0.5, "ok"), (0.0, 0.5, "ok"))
    assert mean_answers(said, "de").row(0) == (7, 0.0, "ok")
    assert mean_answers(said, "dir").row(0) == (7, 0.5, "no_change")
    unread = answers((None, None, "abstained"), (None, None, "unparsed"))
    for question in ("de", "dir"):
        assert mean_answers(unread, question).row(0) == (7, None, "abstained")


@given(st.lists(SHARES, min_size=1, max_size=5))
def test_the_product_of_both_is_the_share_of_up(samples: list[tuple[float, float, float]]) -> None:
    chances = [tuple(part / sum(shares) for part in shares) for shares in samples]
    said = [(min(up + down, 1.0), up / (up + down) if up + down else 0.5, "ok") for up, down, _ in chances]
    change, up = (mean_answers(answers(*said), question)["value"].item() for question in ("de", "dir"))
    assert 0 <= change <= 1
    assert 0 <= up <= 1
    assert change * up == pytest.approx(sum(up for up, _, _ in chances) / len(chances), abs=1e-9)
