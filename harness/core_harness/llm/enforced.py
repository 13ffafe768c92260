"""Forms of answers that are enforced for one request: its items by name, and reasoning of a bounded length.

A small model that is held to a form without bounds reasons until it is cut off, and lists items of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from core_harness.llm.formats import BEST_GRADE, SINGLE, Form, words_of


def exact_schema(form: Form, items: Sequence[str], *, reasoning: int) -> dict[str, Any]:
    """Return the JSON schema of the answer about these items in their order.

    ``reasoning`` is its length in characters at most; 0 leaves it out.
    """
    reason = {"reasoning": {"type": "string", "maxLength": reasoning}} if reasoning else {}
    word = {"type": "string", "enum": [*words_of(form), "abstain"]}
    if form in SINGLE:
        return _object({**reason, "answer": word})
    grade = {"type": "integer", "minimum": 0, "maximum": BEST_GRADE}
    field, value = ("grade", grade) if form == "grades" else ("answer", word)
    entries = [_object({"item": {"const": item}, field: value}) for item in items]
    several = {"type": "array", "prefixItems": entries, "minItems": len(items), "maxItems": len(items)}
    return _object({**reason, f"{field}s": several})


def grammar(form: Form, items: Sequence[str], *, reasoning: int) -> str:
    """Return the GBNF grammar of answer lines about these items, behind a line of reasoning."""
    labels = ["ANSWER: "] if form in SINGLE else [f"ANSWER {item}: " for item in items]
    lines = ' "\\n" '.join(f"{json.dumps(label, ensure_ascii=False)} value" for label in labels)
    numbers = [str(grade) for grade in range(BEST_GRADE + 1)]
    words = numbers if form == "grades" else [*words_of(form), "abstain"]
    values = " | ".join(json.dumps(word) for word in words)
    reason = f'[^\\n]{{0,{reasoning}}} "\\n" ' if reasoning else ""
    return f"root ::= {reason}{lines}\nvalue ::= {values}\n"


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
