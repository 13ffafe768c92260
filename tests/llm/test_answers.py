from __future__ import annotations

import json
import math
import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from core_harness.llm import PROMPTS, Form, Reply, TopLogprobs, weighed
from core_harness.llm.answers import ANSWERS, Answer, parse, parse_replies
from core_harness.llm.formats import (
    FORMS,
    OBJECTS,
    SINGLE,
    UP_DOWN_NONE,
    Verdict,
    instructions,
    json_schema,
    render,
    words_of,
)
from core_harness.llm.frames import Outcome, replies_frame
from core_harness.llm.logprobs import Weighing
from core_harness.schemas import check

DEFAULT: dict[str, Any] = {"form": "yes-no", "items": ["CDKN1A"], "finish": "stop"}
FILES = sorted((Path(__file__).parent / "answers").glob("*.toml"))
CORPUS = [
    DEFAULT | case for file in FILES for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]
]
"""Texts that models write, and what each says: ``answers`` has one entry an item, ``yes``, ``no``, a grade,
or the status of an item without a value."""

GRADES: st.SearchStrategy[Verdict] = st.integers(0, 10)
NAMES = st.lists(
    st.from_regex(r"[A-Z][A-Z0-9_-]{1,8}", fullmatch=True).filter(lambda name: not name.endswith(("_", "-"))),
    min_size=1,
    max_size=5,
    unique=True,
)
PROSE = st.lists(
    st.sampled_from(["The gene", "responds;", "no", "yes", "up", "none", "path,", "{x}", "ANSWERS"]),
    max_size=30,
)


def said(text: str, finish: str = "stop", logprobs: tuple[TopLogprobs, ...] | None = None) -> Reply:
    return Reply(text=text, model="m", finish=finish, logprobs=logprobs)


def plain(answer: Answer, form: Form) -> object:
    """Return an answer as the corpus writes it."""
    if answer.status != "ok":
        assert answer.value is None
        return answer.status
    assert answer.value is not None
    if form == "grades":
        return round(10 * answer.value)
    if form == "up-down-none":
        return "none" if answer.value == 0.0 else {1.0: "up", 0.0: "down"}[answer.up or 0.0]
    return {1.0: "yes", 0.0: "no"}[answer.value]


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case["why"])
def test_the_corpus(case: dict[str, Any]) -> None:
    answers = parse(said(case["text"], case["finish"]), case["form"], case["items"])
    assert [answer.item for answer in answers] == case["items"]
    assert [plain(answer, case["form"]) for answer in answers] == case["answers"]


def test_the_corpus_is_hard_enough() -> None:
    texts = {(case["text"], case["finish"]) for case in CORPUS}
    assert len(texts) >= 240
    assert len([case for case in CORPUS if "reply" in case["why"]]) >= 40  # of SmolLM2


@st.composite
def verdicts(draw: st.DrawFn) -> tuple[Form, list[tuple[str, Verdict]]]:
    form = draw(st.sampled_from(FORMS))
    names = draw(NAMES)[: 1 if form in SINGLE else None]
    words: list[Verdict] = [*words_of(form), "abstain"]
    values = GRADES if form == "grades" else st.sampled_from(words)
    return form, [(name, draw(values)) for name in names]


def expected(form: Form, given_verdicts: list[tuple[str, Verdict]]) -> list[object]:
    return ["abstained" if verdict == "abstain" else verdict for _, verdict in given_verdicts]


@given(verdicts(), st.booleans(), PROSE)
def test_what_is_written_is_read(
    written: tuple[Form, list[tuple[str, Verdict]]], structured: bool, prose: list[str]
) -> None:
    form, pairs = written
    text = render(form, pairs, structured=structured, reasoning=" ".join(prose))
    answers = parse(said(text), form, [name for name, _ in pairs])
    assert [plain(answer, form) for answer in answers] == expected(form, pairs)


@given(verdicts(), st.text(st.characters(codec="utf-8"), max_size=200))
def test_noise_before_the_answer_changes_nothing(
    written: tuple[Form, list[tuple[str, Verdict]]], noise: str
) -> None:
    assume("answer" not in noise.casefold())
    assume("think" not in noise)
    assume("`" not in noise)
    form, pairs = written
    text = f"{noise}\n{render(form, pairs, structured=False)}"
    answers = parse(said(text), form, [name for name, _ in pairs])
    assert [plain(answer, form) for answer in answers] == expected(form, pairs)


@given(
    st.text(max_size=300)
    | st.lists(
        st.sampled_from(
            [
                "ANSWER",
                ":",
                " yes",
                " no",
                "\n",
                "```",
                "{",
                "}",
                '"answer"',
                '"yes"',
                " up",
                " none",
                "<think>",
                "</think>",
                "A",
            ]
        ),
        max_size=30,
    ).map("".join),
    st.sampled_from(FORMS),
    st.lists(st.text(max_size=5), max_size=3),
    st.sampled_from(["stop", "length", "content_filter", ""]),
)
def test_it_never_raises(text: str, form: Form, items: list[str], finish: str) -> None:
    answers = parse(said(text, finish), form, items)
    assert [answer.item for answer in answers] == items
    assert all((answer.value is None) == (answer.status != "ok") for answer in answers)


@pytest.mark.parametrize("text", ["{" * 100_000, '{"a":' * 100_000, "[" * 100_000, "ANSWER: " * 50_000])
def test_it_stays_calm(text: str) -> None:
    assert parse(said(text), "yes-no", ["G"]) == [Answer("G", None, "unparsed")]


# ---------------------------------------------------------------- probabilities


def spelt(*parts: str | tuple[str, float]) -> Reply:
    """Return a reply of tokens; a pair is a verdict with its probability of yes."""
    tokens: list[tuple[bytes, list[tuple[str, float]]]] = []
    for part in parts:
        if isinstance(part, str):
            tokens.append((part.encode(), [(part, 0.0)]))
        else:
            token, p = part
            tokens.append((token.encode(), [("yes", math.log(p)), ("no", math.log(1 - p))]))
    text = b"".join(token for token, _ in tokens).decode()
    return said(text, logprobs=weighed(text, tokens))


def test_the_value_is_the_probability_at_the_answer() -> None:
    reply = spelt("I say ", ("no", 0.3), ", no.\n", "ANSWER:", (" yes", 0.75))
    (answer,) = parse(reply, "yes-no", ["G"])
    assert answer.status == "ok"
    assert answer.value == pytest.approx(0.75)


def test_a_word_of_low_probability_can_be_drawn() -> None:
    assert parse(spelt("ANSWER:", (" yes", 0.25)), "yes-no", ["G"])[0].value == pytest.approx(0.25)


def test_each_item_has_its_own_probability() -> None:
    items = ["NOS1", "B"]
    lines = spelt("ANSWER ", ("NO", 0.9), "S1:", (" yes", 0.6), "\nANSWER B:", (" no", 0.2))
    entry = '{"item": "'
    content = (
        f'{{"answers": [{entry}NOS1", "answer": "',
        ("yes", 0.6),
        f'"}}, {entry}B", "answer": "',
        ("no", 0.2),
        '"}]}',
    )
    for reply in (lines, spelt(*content)):
        values = [answer.value for answer in parse(reply, "yes-no-list", items)]
        assert values == [pytest.approx(0.6), pytest.approx(0.2)]


def test_places_behind_thinking_are_found() -> None:
    reply = spelt("<think>", ("yes", 0.9), "</think>", "\nANSWER: ", ("no", 0.4))
    assert parse(reply, "yes-no", ["G"])[0].value == pytest.approx(0.4)


def test_without_probabilities_the_value_is_the_word() -> None:
    elsewhere = (TopLogprobs(0, (("yes", -0.1),)),)
    assert parse(said("yes? well.\nANSWER: no", logprobs=elsewhere), "yes-no", ["G"])[0].value == 0.0
    assert parse(said("ANSWER: yes", logprobs=()), "yes-no", ["G"])[0].value == 1.0


def test_one_token_is_always_read() -> None:
    top = TopLogprobs(0, ((" Yes", math.log(0.3)), (" The", math.log(0.2)), (" no", math.log(0.1))))
    (answer,) = parse(said(" Yes", "length", (top,)), "token", ["G"])
    assert answer.status == "ok"
    assert answer.value == pytest.approx(0.75)
    assert answer.weighing is not None
    assert answer.weighing.mass == pytest.approx(0.4)
    neither = TopLogprobs(0, ((" The", math.log(0.9)),))
    (answer,) = parse(said(" The", "length", (neither,)), "token", ["G"])
    assert answer == Answer("G", 0.5, "ok", Weighing((0.5, 0.5), 0.0, bounded=True))
    assert parse(said(" Yes", "length"), "token", ["G"]) == [Answer("G", None, "unparsed")]


def test_an_abstention_has_no_probability() -> None:
    reply = spelt("ANSWER: ", "abstain")
    assert parse(reply, "yes-no", ["G"]) == [Answer("G", None, "abstained")]


def test_both_answers_come_from_one_place() -> None:
    top = [("up", math.log(0.3)), ("down", math.log(0.1)), ("none", math.log(0.4)), ("no", math.log(0.2))]
    tokens = [(b"ANSWER:", [("ANSWER:", 0.0)]), (b" none", top)]
    text = "ANSWER: none"
    written = said(text, logprobs=weighed(text, tokens, UP_DOWN_NONE))
    by_token = said(" none", "length", (TopLogprobs(0, tuple(top)),))
    forms: list[tuple[Reply, Form]] = [(written, "up-down-none"), (by_token, "up-down-none-token")]
    for reply, form in forms:
        (answer,) = parse(reply, form, ["G"])
        assert answer.weighing is not None
        assert (answer.value, answer.up, answer.weighing.mass) == pytest.approx((0.5, 0.75, 0.8))


CHANCE = st.floats(0.0, 1.0) | st.sampled_from([5e-324, 1e-300])


@given(CHANCE, CHANCE, CHANCE)
def test_the_two_answers_are_the_three_shares(up: float, down: float, none: float) -> None:
    total = max(up + down + none, 1e-9)
    shares = {"up": up / total, "down": down / total, "none": none / total}
    top = tuple((word, math.log(share) if share > 0 else -math.inf) for word, share in shares.items())
    (answer,) = parse(said(" up", "length", (TopLogprobs(0, top),)), "up-down-none-token", ["G"])
    assert answer.value is not None
    assert answer.weighing is not None
    assert 0.0 <= answer.value <= 1.0
    assert sum(answer.weighing.shares) == pytest.approx(1.0)
    assert answer.up is not None
    assert 0.0 <= answer.up <= 1.0
    assert answer.up * answer.value == pytest.approx(answer.weighing.shares[0], abs=1e-12)


# ---------------------------------------------------------------- frames and schemas


def test_answers_of_a_frame() -> None:
    rows = [
        (1, 0, "yes-no", "", "a", ["G"], [10]),
        (2, 0, "yes-no-list", "", "b", ["G", "H"], [11, 12]),
        (3, 1, "grades", "", "c", ["X", "Y"], []),
        (4, 0, "yes-no", "", "d", ["G"], [13]),
        (5, 0, "yes-no", "", "e", ["G"], [14]),
        (6, 0, "up-down-none", "", "f", ["G"], [15]),
        (7, 0, "up-down-none", "", "g", ["G"], [16]),
    ]
    prompts = pl.DataFrame(rows, schema=dict(PROMPTS), orient="row")
    outcomes = [
        Outcome("answered", spelt("ANSWER:", (" yes", 0.75)), "provider"),
        Outcome("answered", said("ANSWER H: no"), "cache"),
        Outcome("answered", said("ANSWER X: 5\nANSWER Y: 10"), "journal"),
        Outcome("failed", cause="500"),
        Outcome("not_asked", cause="max calls 3 is used up"),
        Outcome("answered", said("ANSWER: down"), "cache"),
        Outcome("answered", said("ANSWER: none"), "cache"),
    ]
    answers = parse_replies(prompts, replies_frame(prompts, outcomes))
    wanted = [
        (1, 0, 10, "G", 0.75, None, "ok", 1.0, False),
        (2, 0, 11, "G", None, None, "unparsed", None, None),
        (2, 0, 12, "H", 0.0, None, "ok", None, None),
        (3, 1, None, "X", 0.5, None, "ok", None, None),
        (3, 1, None, "Y", 1.0, None, "ok", None, None),
        (4, 0, 13, "G", None, None, "failed", None, None),
        (5, 0, 14, "G", None, None, "not_asked", None, None),
        (6, 0, 15, "G", 1.0, 0.0, "ok", None, None),
        (7, 0, 16, "G", 0.0, 0.5, "ok", None, None),
    ]
    assert_frame_equal(
        check(answers, ANSWERS, "answers"), pl.DataFrame(wanted, schema=dict(ANSWERS), orient="row")
    )


@pytest.mark.parametrize("form", FORMS)
def test_schemas_are_strict(form: Form) -> None:
    def objects(schema: Any) -> list[dict[str, Any]]:
        if isinstance(schema, list):
            return [found for part in schema for found in objects(part)]
        if not isinstance(schema, dict):
            return []
        return [*([schema] if schema.get("type") == "object" else []), *objects(list(schema.values()))]

    schema = json_schema(form)
    assert "$ref" not in json.dumps(schema)
    for found in objects(schema):
        assert found["required"] == list(found["properties"])
        assert found["additionalProperties"] is False


@given(verdicts())
def test_what_is_written_fits_the_object(written: tuple[Form, list[tuple[str, Verdict]]]) -> None:
    form, pairs = written
    content = json.loads(render(form, pairs, structured=True))
    assert list(content) == json_schema(form)["required"]
    OBJECTS[form].model_validate(content)
    other = OBJECTS["grades" if form != "grades" else "yes-no"]
    with pytest.raises(ValidationError):
        other.model_validate(content)


@pytest.mark.parametrize("form", FORMS)
def test_instructions_show_the_line(form: Form) -> None:
    assert "ANSWER" in instructions(form)
    assert "JSON" in instructions(form)
