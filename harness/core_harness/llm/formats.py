"""The grammar of answers: instructions for prompts, and JSON schemas for providers that enforce one.

An answer is one word of ``yes``, ``no`` and ``abstain``, or a grade from 0 to 10, for each item; or one of
``up``, ``down``, ``none`` and ``abstain``, which answers two questions at once: whether a gene changes, and
where to. It is written in a JSON object, or on one line per item::

    ANSWER: yes                     (yes-no)
    ANSWER: down                    (up-down-none)
    ANSWER TP53: no                 (yes-no-list, a line an item)
    ANSWER TP53: 7                  (grades, a line an item)

:mod:`core_harness.llm.answers` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

Form = Literal["yes-no", "yes-no-list", "grades", "up-down-none", "token", "up-down-none-token"]
"""What kind of answer a prompt asks for. ``token``: the answer line is begun, and one token is read."""
FORMS: tuple[Form, ...] = ("yes-no", "yes-no-list", "grades", "up-down-none")
"""Forms that a prompt asks for in words (:func:`instructions`), and that a schema can enforce."""
SINGLE: tuple[Form, ...] = ("yes-no", "up-down-none")
"""Those of one item."""
BY_TOKEN: tuple[Form, ...] = ("token", "up-down-none-token")
"""Forms of which one token is read."""
BOTH: tuple[Form, ...] = ("up-down-none", "up-down-none-token")
"""Forms that ask both questions at once: does the gene change, and if so, does it go up?"""
AnswerBy = Literal["text", "token"]
"""Whether a model writes its answer, or is scored by the token that would begin it."""

Word = Literal["yes", "no", "up", "down", "none", "abstain"]
Verdict = Word | int
"""A word, or a grade."""

YES_NO: tuple[Word, ...] = ("yes", "no")
UP_DOWN_NONE: tuple[Word, ...] = ("up", "down", "none")

BEST_GRADE = 10

_SPELT = BeforeValidator(lambda word: word.strip(" .").lower() if isinstance(word, str) else word)
_SpeltWord = Annotated[Literal["yes", "no", "abstain"], _SPELT]
_Grade = Annotated[int, Field(strict=True, ge=0, le=BEST_GRADE)]


class YesNo(BaseModel):
    """One answer."""

    reasoning: str = ""
    answer: _SpeltWord


class UpDownNone(BaseModel):
    """One answer to both questions."""

    reasoning: str = ""
    answer: Annotated[Literal["up", "down", "none", "abstain"], _SPELT]


class ItemAnswer(BaseModel):
    """The answer for one item of a list."""

    item: str
    answer: _SpeltWord


class YesNoList(BaseModel):
    """Answers for several items."""

    reasoning: str = ""
    answers: list[ItemAnswer]


class ItemGrade(BaseModel):
    """The grade of one item."""

    item: str
    grade: _Grade


class Grades(BaseModel):
    """Grades of several items."""

    reasoning: str = ""
    grades: list[ItemGrade]


OBJECTS: dict[Form, type[BaseModel]] = {
    "yes-no": YesNo,
    "yes-no-list": YesNoList,
    "grades": Grades,
    "up-down-none": UpDownNone,
}
"""The JSON object of each form."""

_UNDECIDED = 'or, if what you know does not let you decide, "abstain"'
_ONE_LINE = 'End your reply with one line that reads "ANSWER: " and one word: '
_ONE_FIELD = 'If a JSON object is required of you, put the word into its field "answer" instead.'
_INSTRUCTIONS: dict[Form, str] = {
    "yes-no": f'{_ONE_LINE}"yes", "no" {_UNDECIDED}. {_ONE_FIELD}',
    "up-down-none": f'{_ONE_LINE}"up", "down", "none" {_UNDECIDED}. {_ONE_FIELD}',
    "yes-no-list": (
        'End your reply with one line for each item, in the given order, that reads "ANSWER <item>: " and '
        f'one word: "yes", "no" {_UNDECIDED}. If a JSON object is required of you, put items and words into '
        "it instead."
    ),
    "grades": (
        'End your reply with one line for each item, in the given order, that reads "ANSWER <item>: " and '
        f"a whole number from 0 to {BEST_GRADE}. If a JSON object is required of you, put items and numbers "
        "into it instead."
    ),
}


def words_of(form: Form) -> tuple[Word, ...]:
    """Return the words that answer a form, beside ``abstain``; empty for grades, which no word is.

    Log-probabilities tell how sure a model is of them.
    """
    if form == "grades":
        return ()
    return UP_DOWN_NONE if form in BOTH else YES_NO


def instructions(form: Form) -> str:
    """Return the sentences of a prompt that say how to answer, with or without an enforced schema."""
    return _INSTRUCTIONS[form]


@cache
def json_schema(form: Form) -> dict[str, Any]:
    """Return the JSON schema of the object, as strict as providers want it: each field required, no other."""
    schema = OBJECTS[form].model_json_schema()
    definitions = schema.pop("$defs", {})
    return dict(_strict(schema, definitions))


def render(
    form: Form, verdicts: Sequence[tuple[str, Verdict]], *, structured: bool, reasoning: str = ""
) -> str:
    """Return a reply in the grammar: the inverse of :func:`core_harness.llm.answers.parse`.

    ``verdicts`` are ``(item, verdict)`` pairs; a form of one item takes one.
    """
    if structured:
        if form in SINGLE:
            content: dict[str, Any] = {"answer": verdicts[0][1]}
        else:
            field, value = ("grades", "grade") if form == "grades" else ("answers", "answer")
            content = {field: [{"item": item, value: verdict} for item, verdict in verdicts]}
        return json.dumps({"reasoning": reasoning, **content}, ensure_ascii=False)
    labels = [""] if form in SINGLE else [f" {item}" for item, _ in verdicts]
    lines = [f"ANSWER{label}: {verdict}" for label, (_, verdict) in zip(labels, verdicts, strict=True)]
    return "\n".join([*([reasoning, ""] if reasoning else []), *lines])


def _strict(schema: Any, definitions: dict[str, Any]) -> Any:
    """Write references out, require every property, and drop titles, descriptions and defaults."""
    if isinstance(schema, list):
        return [_strict(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        return _strict(definitions[reference.removeprefix("#/$defs/")], definitions)
    if schema.get("type") == "object":
        properties = {name: _strict(part, definitions) for name, part in schema["properties"].items()}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    return {
        key: _strict(part, definitions)
        for key, part in schema.items()
        if key not in {"title", "description", "default"}
    }
