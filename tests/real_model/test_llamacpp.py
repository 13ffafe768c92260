"""SmolLM2 on llama.cpp: in this process, and over HTTP. A few short prompts, for it reads slowly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from core_harness.errors import UsageError
from core_harness.llm import LLM, PROMPTS, Form, InProcess, Journal, Settings, ask_all
from core_harness.llm.answers import parse_replies
from core_harness.llm.formats import SINGLE, instructions
from core_harness.llm.frames import begun
from core_harness_plugins.llms.litellm import LiteLLM
from core_harness_plugins.llms.llamacpp import LlamaCpp

pytestmark = [pytest.mark.real_model, pytest.mark.slow]

GENES = ("MDM2", "CDKN1A", "GAPDH")


def prompts(form: Form = "yes-no", items: tuple[str, ...] = GENES) -> pl.DataFrame:
    """Return a prompt a gene, or one about all of them."""
    asks = f"Perturbation: TP53, knocked down by CRISPR interference\nContext: K562\n{instructions(form)}\n"
    packs = [[gene] for gene in items] if form in SINGLE else [list(items)]
    rows = [
        (
            number,
            0,
            form,
            "You predict effects.",
            f"{asks}Genes: {', '.join(pack)}. Do they change?",
            pack,
            ids,
        )
        for number, pack in enumerate(packs)
        for ids in [[number + place for place in range(len(pack))] if form != "grades" else []]
    ]
    return pl.DataFrame(rows, schema=dict(PROMPTS), orient="row")


def asked(llm: LLM, of: pl.DataFrame) -> tuple[Any, pl.DataFrame]:
    with Journal(None) as journal:
        found = ask_all(llm, of, journal=journal, settings=Settings(concurrency=1))  # in one order
    return found.summary, parse_replies(of, found.replies)


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


def test_one_token_answers_in_process_and_over_http_alike(weights: Path, served: str) -> None:
    of = begun(pl.concat([prompts(), prompts("yes-no-list").with_columns(prompt_id=pl.lit(3, pl.UInt32))]))
    summary, here = asked(LlamaCpp(model=str(weights), answer="token"), of)
    assert (summary.failed, summary.calls) == (0, 6)
    assert here["status"].to_list() == ["ok"] * 6
    assert here["mass"].is_between(0, 1).all()
    assert here["value"].n_unique() > 1  # it weighs each gene anew
    summary, there = asked(LiteLLM(model="hosted_vllm/smollm2", api_base=served, answer="token"), of)
    assert (summary.failed, summary.calls) == (0, 6)
    assert there["value"].to_list() == pytest.approx(here["value"].to_list(), abs=1e-3)
    assert there["mass"].to_list() == pytest.approx(here["mass"].to_list(), abs=1e-3)


def test_one_token_answers_both_questions(weights: Path, served: str) -> None:
    of = begun(prompts("up-down-none", GENES[:2]))
    _, here = asked(LlamaCpp(model=str(weights), answer="token"), of)
    _, there = asked(LiteLLM(model="hosted_vllm/smollm2", api_base=served, answer="token"), of)
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


def test_an_overflow_is_seen_before_anything_is_sent(weights: Path) -> None:
    llm = LlamaCpp(model=str(weights), context=300, max_tokens=260)
    with pytest.raises(UsageError, match=r"1 of 1 prompts do not fit .* 300 tokens: the longest has \d+"):
        asked(llm, prompts("yes-no-list"))


def test_the_same_question_has_the_same_answer(weights: Path) -> None:
    of = begun(prompts())
    llm = LlamaCpp(model=str(weights), answer="token", reuse=False)
    assert asked(llm, of)[1].equals(asked(llm, of.reverse())[1].reverse())
