"""A method's label says what was set otherwise, of the model too, and holds no secret and no address."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from small_packages import installed_package
from small_runs import SMALL, made

from core_harness import RunSpec, Session, compare, evaluate
from core_harness.errors import UsageError
from core_harness.llm import Provider, Reply, Request, Tokens
from core_harness.plugins.catalog import Catalog, catalog
from core_harness.plugins.component import Component
from core_harness.plugins.discovery import Broken, Found
from core_harness.runs.manifest import ComponentReference

DISTRIBUTION = "Dup_B"
FILES = {
    "hooks.py": """
from core_harness import Component, Strategy, hookimpl
@hookimpl
def core_aggregators():
    return [Component("coin", f"{__package__}.coin:Coin", "")]
@hookimpl
def core_llms():
    return [Component("coin", f"{__package__}.coin:Coin", "")]
@hookimpl
def core_strategies():
    return [Strategy(name="toss", summary="", retriever="none", organizer="voters", aggregator="coin")]
""",
    "coin.py": """
import polars as pl
class Coin:
    needs = frozenset()
    def predict(self, task, evidence, answers):
        return evidence.pairs.select("pair_id", score=pl.lit(0.5), status=pl.lit("ok"))
""",
}


class Says:
    """A model that always says the same; ``api_key`` and ``api_base`` do nothing."""

    def __init__(self, *, word: str = "yes", api_key: str = "", api_base: str = "") -> None:
        self.word = word
        self.api_key = api_key
        self.api_base = api_base

    def identity(self) -> Mapping[str, object]:
        return {"model": "says", "word": self.word}

    def describe(self) -> Provider:
        return Provider(model="says", host="nowhere")

    def upper_bound(self, request: Request) -> Tokens:
        return Tokens(10, 10)

    async def ask(self, request: Request) -> Reply:
        return Reply(text=f"ANSWER: {self.word}", model="says", simulated=True)


NO_FACTS: dict[str, dict[str, Any]] = {**SMALL, "organizer": {"facts": 0}}


def asked(model: Says, **choices: Any) -> Any:
    (result,) = evaluate("simulated", "isolated", model=model, limit=8, parameters=NO_FACTS, **choices)
    return result


def test_two_models_that_differ_in_a_parameter_have_two_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))
    results = [asked(Says(word=word), out=tmp_path) for word in ("no", "yes")]
    assert [result.method.label for result in results] == [
        "isolated[organizer.facts=0,llm.word=no]",
        "isolated[organizer.facts=0]",
    ]
    assert [run.method for run in compare(results).runs] == [
        "isolated[organizer.facts=0,llm.word=no] · Says@python",
        "isolated[organizer.facts=0] · Says@python",
    ]


def test_no_key_and_no_address_is_in_a_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))
    result = asked(Says(api_key="sk-1234567890", api_base="http://gpu.example.org/v1"))
    assert result.method.label == "isolated[organizer.facts=0]"


def test_a_distribution_has_one_spelling(tmp_path: Path) -> None:
    with installed_package(tmp_path, DISTRIBUTION, FILES):
        session = Session()
        labels = {
            method.label
            for spelling in ("dup-b", "DUP.B", "Dup_B")
            for spec in (
                RunSpec(strategies=("voting",), aggregator=f"coin@{spelling}"),
                RunSpec(strategies=(f"toss@{spelling}",)),
            )
            for method in session.methods(spec)
        }
        assert labels == {"voting[aggregator=coin@Dup_B]", "toss@Dup_B"}
        assert catalog().spelt("llm", "coin@dup-b:a@b") == "coin@Dup_B:a@b"
        recorded = ComponentReference(name="coin", target="x:X", distribution="dup.b")
        assert catalog().name_of("aggregator", recorded) == "coin"


def test_a_broken_plugin_is_named_by_any_spelling_of_its_distribution() -> None:
    broken = [Broken("b", DISTRIBUTION, "why"), Broken("other", "other", "why not")]
    found = Catalog([Found(Component("x", "x:X", ""), "d", "1", "aggregator")], broken)
    with pytest.raises(UsageError) as refused:
        found.find("aggregator", "coin@dup-b")
    assert "plugin 'b' of Dup_B is broken: why (mend it, or install another version of Dup_B)" in str(
        refused.value
    )
    assert "why not" not in str(refused.value)


def test_an_llm_of_a_broken_plugin_is_named_with_the_reason(tmp_path: Path) -> None:
    files = {"hooks.py": "import not_there\n"}
    with installed_package(tmp_path, "odd", files):
        for name in ("mine", "mine@odd"):
            with pytest.raises(
                UsageError, match=f"unknown model '{name}'.*plugin 'odd' of odd is broken: Mod"
            ):
                evaluate("simulated", "isolated", model=name, parameters=NO_FACTS)
        assert made(tmp_path, ["gene-frequency"])
