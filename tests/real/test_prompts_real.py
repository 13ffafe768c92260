"""What models are asked about real perturbations: how many prompts, and what stands in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from core_harness import estimate, evaluate
from core_harness.evaluation.pipeline import prompt, show
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import Parameters, RunSpec
from core_harness.testing import TestServer
from core_harness.vocabulary import Control

DATA = Path(os.environ.get("CORE_HARNESS_DATA", Path(__file__).parents[3] / "shared" / "data"))
NOBODY: Parameters = {"llm": {"api_base": "http://127.0.0.1:9/v1"}}
STRATEGIES = ["isolated", "few-shot", "flat", "reasoning", "voting"]
WORD = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"needs the real data; {DATA} is not there"),
]


@pytest.fixture(scope="module", autouse=True)
def _data() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORE_HARNESS_DATA", str(DATA))
        yield


SPEC = RunSpec(
    dataset="perturbqa/k562", strategies=STRATEGIES, model="qwen-local", parameters=NOBODY, limit=300
)


@pytest.fixture(scope="module")
def session() -> Session:
    return Session()


def prompts(session: Session, strategy: str, control: Control | None = None) -> pl.DataFrame:
    method = session.methods(SPEC)[STRATEGIES.index(strategy)]
    loaded = session.load(SPEC)
    facts = session.open_knowledge(loaded.dataset, method)
    return prompt(method, show(method, loaded.task, loaded.split, control, facts))


def test_grading_the_voters_of_k562_takes_267_prompts() -> None:
    (estimated,) = estimate("perturbqa/k562", "voting", model="qwen-local", parameters=NOBODY).values()
    assert estimated.calls == 267


def test_the_dry_run_of_reasoning_states_what_the_server_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TestServer(model="follows-evidence") as server:
        monkeypatch.setenv("HOSTED_VLLM_API_BASE", server.url)
        packed = {"organizer": {"genes_per_prompt": 20}}
        choices = {"model": "qwen-local", "parameters": packed, "seed": 3, "limit": 6_000}
        (estimated,) = estimate("perturbqa/k562", "reasoning", **choices).values()  # type: ignore[arg-type]
        assert server.stats.requests == 0
        monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path))
        (result,) = evaluate("perturbqa/k562", "reasoning", **choices)  # type: ignore[arg-type]
        assert server.stats.requests == server.stats.distinct == estimated.calls
    status = result.report.coverage.status
    assert status["ok"] > 0
    assert status["ok"] + status["no_contrast"] == result.report.coverage.pairs
    only = result.report.metrics["macro_gene_auroc_ok_only"]
    assert only.low is not None
    assert only.low > 0.5  # whoever follows real evidence is above chance
    assert result.simulated == ("answers",)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_anonymous_prompts_hold_no_symbol(strategy: str, session: Session) -> None:
    asked = prompts(session, strategy, "anonymised-names")
    hgnc = pl.read_csv(DATA / "kg" / "hgnc_alias_to_approved.tsv.gz", separator="\t", quote_char=None)
    symbols = set(hgnc["Approved.Symbol"].drop_nulls()) | set(session.load(SPEC).split.support["gene"])
    text = "\n".join([*asked["system"].unique(), *asked["user"]])
    assert set(WORD.findall(text)) & symbols == set()
    assert re.search(r"Perturbation: X\d{4}\n", text)
    assert "member of" in text  # facts that name nobody are still told
    assert not any(
        re.search(r"[A-Z]", item) and not item.startswith("X") for item in asked["items"].explode()
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_prompts_about_real_genes_are_in_their_words(strategy: str, session: Session) -> None:
    asked = prompts(session, strategy)
    queries = session.load(SPEC).split.queries
    if strategy != "voting":
        pairs = asked.explode("items", "pair_ids").join(queries, left_on="pair_ids", right_on="pair_id")
        assert (pairs["items"] == pairs["gene"]).all()
    text = "\n".join(asked["user"])
    for hidden in ("perturbqa", ".csv", "split", "train", "GO:00"):
        assert hidden not in text
    assert "interacts with" in text
    assert max(map(len, asked["user"])) < 20_000
