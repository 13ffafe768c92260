from __future__ import annotations

import json

import polars as pl
import pytest

from core_harness.llm import PROMPTS, Form, exact_schema, grammar, requests_of
from core_harness.llm.formats import FORMS, SINGLE
from core_harness.llm.frames import begun

ITEMS = ["TP53", 'drug: "salt"']


@pytest.mark.parametrize("form", FORMS)
def test_schemas_name_the_items_in_their_order(form: Form) -> None:
    schema = exact_schema(form, ITEMS, reasoning=80)
    assert schema["required"][0] == "reasoning"
    assert schema["properties"]["reasoning"]["maxLength"] == 80
    assert "reasoning" not in exact_schema(form, ITEMS, reasoning=0)["properties"]
    if form not in SINGLE:
        entries = schema["properties"][schema["required"][1]]
        assert [entry["properties"]["item"]["const"] for entry in entries["prefixItems"]] == ITEMS
        assert entries["minItems"] == entries["maxItems"] == 2


def test_grammars_have_a_line_an_item() -> None:
    lines = grammar("yes-no-list", ITEMS, reasoning=0)
    assert lines.startswith('root ::= "ANSWER TP53: " value "\\n" ')
    assert json.dumps(f"ANSWER {ITEMS[1]}: ") in lines
    assert '"10"' in grammar("grades", ITEMS, reasoning=10)
    assert grammar("up-down-none", ITEMS[:1], reasoning=0) == (
        'root ::= "ANSWER: " value\nvalue ::= "up" | "down" | "none" | "abstain"\n'
    )
    assert grammar("yes-no", ITEMS[:1], reasoning=10).startswith('root ::= [^\\n]{0,10} "\\n" "ANSWER: "')


def test_a_pack_becomes_a_prompt_a_pair_that_begins_its_line() -> None:
    rows = [
        (4, 0, "yes-no-list", "s", "u", ["A", "B"], [4, 5]),
        (6, 0, "yes-no", "", "v", ["C"], [6]),
        (6, 1, "yes-no", "", "w", ["C"], [6]),
    ]
    prompts = begun(pl.DataFrame(rows, schema=dict(PROMPTS), orient="row"))
    assert prompts.select("prompt_id", "sample", "items", "pair_ids").rows() == [
        (4, 0, ["A"], [4]),
        (5, 0, ["B"], [5]),
        (6, 0, ["C"], [6]),
        (6, 1, ["C"], [6]),
    ]
    texts = [[turn.content for turn in request.messages] for request in requests_of(prompts)]
    assert texts == [
        ["s", "u", "ANSWER A:"],
        ["s", "u", "ANSWER B:"],
        ["v", "ANSWER:"],
        ["w", "ANSWER:"],
    ]
    assert {request.form for request in requests_of(prompts)} == {"token"}
    assert prompts.schema["prompt_id"] == pl.UInt32
