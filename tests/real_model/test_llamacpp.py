"""SmolLM2 on llama.cpp: in this process, and over HTTP. A few short prompts, for it reads slowly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from core_harness.errors import UsageError
from core_harness.llm import Form, InProcess
from core_harness.llm.answers import parse_replies
from core_harness.llm.frames import begun
from core_harness_plugins.llms.litellm import LiteLLM
from core_harness_plugins.llms.llamacpp import LlamaCpp, Structured
from core_harness_plugins.llms.llamacpp_engine import open_engine
from real_model.asking import GENES, asked, prompts, replies, serve

pytestmark = [pytest.mark.real_model, pytest.mark.slow]


def test_it_is_a_model_of_this_process(weights: Path) -> None:
    llm = LlamaCpp(model=str(weights))
    assert isinstance(llm, InProcess)
    assert llm.describe().host == "this process"
    identity = llm.identity()
    assert identity["sha256"] == "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    assert identity["quantisation"] == "Q4_1"
    assert str(identity["engine"]).startswith("xllamacpp ")
    with pytest.raises(UsageError, match="not the file that was expected"):
        LlamaCpp(model=str(weights), sha256="0" * 64).describe()


@pytest.fixture
def unread(weights: Path) -> Iterator[str]:
    """Yield the api base of a new server, beside a new engine in this process.

    What an engine had read before moves its log-probabilities a little (docs/models.md).
    """
    open_engine.cache_clear()
    with serve(weights) as address:
        yield address


def test_one_token_answers_in_process_and_over_http_alike(weights: Path, unread: str) -> None:
    of = begun(pl.concat([prompts(), prompts("yes-no-list").with_columns(prompt_id=pl.lit(3, pl.UInt32))]))
    summary, here = asked(LlamaCpp(model=str(weights), answer="token"), of)
    assert (summary.failed, summary.calls) == (0, 6)
    assert here["status"].to_list() == ["ok"] * 6
    assert here["mass"].is_between(0, 1).all()
    assert here["value"].n_unique() > 1  # it weighs each gene anew
    summary, there = asked(LiteLLM(model="hosted_vllm/smollm2", api_base=unread, answer="token"), of)
    assert (summary.failed, summary.calls) == (0, 6)
    assert there["value"].to_list() == pytest.approx(here["value"].to_list(), abs=1e-3)
    assert there["mass"].to_list() == pytest.approx(here["mass"].to_list(), abs=1e-3)


def test_one_token_answers_both_questions(weights: Path, unread: str) -> None:
    of = begun(prompts("up-down-none", GENES[:2]))
    _, here = asked(LlamaCpp(model=str(weights), answer="token"), of)
    _, there = asked(LiteLLM(model="hosted_vllm/smollm2", api_base=unread, answer="token"), of)
    for answers in (here, there):
        assert answers["status"].to_list() == ["ok"] * 2
        assert answers.select(pl.col("value", "up", "mass").is_between(0, 1).all()).row(0) == (True,) * 3
    assert there["up"].to_list() == pytest.approx(here["up"].to_list(), abs=1e-3)
    assert there["value"].to_list() == pytest.approx(here["value"].to_list(), abs=1e-3)


@pytest.mark.parametrize("form", ["yes-no", "yes-no-list", "grades", "up-down-none"])
def test_what_it_writes_is_kept_to_the_form(form: Form, weights: Path) -> None:
    of = prompts(form, GENES[:2])
    for structured in ("json", "grammar"):
        llm = LlamaCpp(model=str(weights), structured=structured, reasoning=40, max_tokens=160)
        summary, answers = asked(llm, of)
        assert summary.failed == 0
        assert set(answers["status"]) <= {"ok", "abstained"}, structured


def test_an_enforced_form_answers_over_http(served: str) -> None:
    summary, answers = asked(LiteLLM(model="hosted_vllm/smollm2", api_base=served), prompts(items=GENES[:1]))
    assert (summary.failed, summary.calls) == (0, 1)
    assert answers["status"].item() in {"ok", "abstained"}


@pytest.mark.parametrize("structured", ["json", "grammar"])
def test_written_answers_are_the_same_words_in_process_and_over_http(
    structured: Structured, weights: Path, unread: str
) -> None:
    """Words and counts of tokens are equal. Log-probabilities are rounded on their way over HTTP."""
    of = prompts(items=GENES[:2])
    _, here = replies(LlamaCpp(model=str(weights), structured=structured, max_tokens=160), of)
    llm = LiteLLM(model="hosted_vllm/smollm2", api_base=unread, structured=structured, max_tokens=160)
    _, there = replies(llm, of)
    assert here["status"].to_list() == ["answered"] * 2
    for column in ("text", "finish", "prompt_tokens", "completion_tokens"):
        assert there[column].to_list() == here[column].to_list(), column
    one, other = (parse_replies(of, found) for found in (here, there))
    assert other["status"].to_list() == one["status"].to_list()
    assert other["value"].to_list() == pytest.approx(one["value"].to_list(), abs=1e-3)


def test_an_overflow_is_seen_before_anything_is_sent(weights: Path) -> None:
    llm = LlamaCpp(model=str(weights), context=300, max_tokens=260)
    with pytest.raises(UsageError, match=r"1 of 1 prompts do not fit .* 300 tokens: the longest has \d+"):
        asked(llm, prompts("yes-no-list"))


def test_the_same_question_has_the_same_answer(weights: Path) -> None:
    of = begun(prompts())
    llm = LlamaCpp(model=str(weights), answer="token", reuse=False)
    assert asked(llm, of)[1].equals(asked(llm, of.reverse())[1].reverse())
