"""Figures, settings and tables as plain text: the same words, and harmless text, in every output."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Characters that are printed as nothing although they are called letters and symbols."""

_MARKUP = re.compile(
    r"(?P<figure>(?<=.)\[[-+\d., %]+\](?![(\[:]))"  # an interval, which no address follows
    r"|(?P<entity>[<>&@~]|://|www\.)|(?P<mark>[\\`*_{}\[\]|])",
    re.IGNORECASE,
)
_LATEX = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "·": r"\textperiodcentered{}",
    "[": "{[}",  # after a line break it would be a length
}
"""Characters that LaTeX does not take for themselves."""

_BLOCK = re.compile(r"^(\d{0,9})([-+.)](?= )|[+.)](?=$)|-(?=--)|#|!)")
"""The beginning of a list, a rule, a heading or a box."""


def plain(text: str) -> str:
    """Return text on one line, with a question mark for each character that controls or that is not seen."""
    return "".join(
        character if character.isprintable() and character not in _BLANK else "?" for character in text
    )


def one_line(said: object) -> str:
    """Return what is said on one line, made harmless, with one space where it was broken."""
    return plain(" ".join(str(said).split()))


def plain_lines(text: str) -> str:
    """Return text whose line ends stay, with a question mark for each other character that controls."""
    return "\n".join(map(plain, text.split("\n")))


def figure(estimate: Mapping[str, Any]) -> str:
    """Return ``0.700 [0.680, 0.720]``, or the value alone where there is no interval."""
    if estimate["low"] is None:
        return number(estimate["value"])
    return f"{number(estimate['value'])} [{number(estimate['low'])}, {number(estimate['high'])}]"


def number(value: float | None) -> str:
    """Return ``0.700``, or ``-`` for what is not defined."""
    return "-" if value is None else f"{value:.3f}"


def share(value: float | None) -> str:
    """Return ``52%``, or ``-`` for what is not defined."""
    return "-" if value is None else f"{value:.0%}"


def p_value(value: float | None) -> str:
    """Return ``0.012``, ``< .001``, or ``-`` for what is not defined."""
    if value is None:
        return "-"
    return f"{value:.3f}" if value >= 0.001 else "< .001"


def regime_of(row: Mapping[str, Any]) -> str:
    """Return the regime with what it depends on."""
    if row["regime"] == "cross-context":
        return f"cross-context (support also from {', '.join(row['support_contexts'])})"
    if row["regime"] in {"unseen-context", "unseen-both"}:
        return f"{row['regime']} (support from {', '.join(row['support_contexts'])} alone)"
    if row["regime"] == "unseen-gene":
        return (
            f"unseen-gene ({row['gene_holdout']:.0%} of the genes have no support, and only they are asked)"
        )
    return str(row["regime"])


def question_of(task: str) -> str:
    """Return what methods are asked, for people who see such a table for the first time."""
    if task == "dir":
        return "Does it predict whether a perturbation moves a gene up or down?"
    return "Does it predict which perturbation moves a gene?"


def unseen_of(row: Mapping[str, Any]) -> str:
    """Return what of the asked pairs methods have not seen, in the regime of a row."""
    if row["regime"] == "cross-context":
        others = ", ".join(row["support_contexts"])
        return f"perturbations not seen in these cells, but perhaps in {others}"
    return {
        "unseen-context": "cells of which nothing was seen",
        "unseen-both": "unseen perturbations in cells of which nothing was seen",
        "unseen-gene": "unseen perturbations and genes",
    }.get(row["regime"], "unseen perturbations")


def declared(beyond_contrast: Sequence[str]) -> str:
    """Return `` (uses potency and unlisted pairs)`` to follow a method's name; empty for a pure contrast."""
    return f" (uses {' and '.join(beyond_contrast)})" if beyond_contrast else ""


def part_of(part: Mapping[str, Any]) -> str:
    """Return which part of a dataset was asked; empty for the whole."""
    words = []
    if part["limit"] is not None:
        words.append(f"whole genes up to {part['limit']} pairs")
    if part["only"] is not None:
        words.append(f"{part['only']} genes only")
    if part.get("support") is not None:
        perturbations, genes = part["support"]
        of_each = "" if genes is None else f", {genes} genes of each"
        words.append(f"support of {perturbations} perturbations{of_each}")
    return ", ".join(words)


def heading(row: Mapping[str, Any]) -> str:
    """Return what the figures of a result are of: data, question, regime, control and part."""
    what = f"{row['dataset']}, {row['task']}, {regime_of(row)} regime, seed {row['seed']}"
    if row["simulated"]:
        what += "  (SIMULATED)"
    if row["control"]:
        what += f"  control: {row['control']}"
        what += f", mean of {row['repeats']} seeds" if row["repeats"] > 1 else ""
    if part := part_of(row["part"]):
        what += f"  PART of the dataset: {part}"
    return what


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows that share their keys as CSV; None is an empty field.

    A text that a spreadsheet would take for a formula gets an apostrophe before it, and control
    characters become question marks.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _harmless(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def as_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows that share their keys as a Markdown table; numbers have four digits."""
    lines = [
        [markdown_text(heading) for heading in rows[0]],
        ["---"] * len(rows[0]),
        *([markdown_text(value) for value in row.values()] for row in rows),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def as_latex(rows: Sequence[Mapping[str, Any]], caption: str) -> str:
    """Return rows that share their keys as a LaTeX table (package booktabs)."""
    lines = [" & ".join(latex_text(value) for value in row.values()) + r" \\" for row in rows]
    heading = " & ".join(map(latex_text, rows[0])) + r" \\"
    table = [rf"\begin{{tabular}}{{{'l' * len(rows[0])}}}", r"\toprule", heading, r"\midrule", *lines]
    table += [r"\bottomrule", r"\end{tabular}"]
    body = [r"\begin{table}", r"\centering", *table, rf"\caption{{{latex_text(caption)}}}", r"\end{table}"]
    return "".join(f"{line}\n" for line in body)


def latex_text(value: Any) -> str:
    """Return a value as text that LaTeX takes for nothing else: no command, group, comment or formula."""
    return "".join(_LATEX.get(character, character) for character in plain(str(value)))


def markdown_text(value: Any) -> str:
    """Return a value as text that no Markdown takes for anything else: no table, link, image, HTML, heading.

    Figures with their intervals stay as they are: ``0.7 [0.6, 0.8]`` is no link where no address follows.
    """
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    text = _MARKUP.sub(_as_text, plain(str(value)).strip())
    return _BLOCK.sub(r"\1\\\2", text)


def _as_text(found: re.Match[str]) -> str:
    if found["mark"]:
        return f"\\{found[0]}"
    if found["entity"]:  # not all Markdown lets these be escaped
        named = html.escape(found[0], quote=False)
        return named if named != found[0] else "".join(f"&#{ord(character)};" for character in found[0])
    return found[0]


def _harmless(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    harmless = plain(value)
    return f"'{harmless}" if harmless.startswith(("=", "+", "-", "@")) else harmless


def is_text(value: str) -> bool:
    """Return whether UTF-8 can hold a value: the name of a file may be other bytes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
