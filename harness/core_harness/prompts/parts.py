"""What a template is written in: TOML with a ``version`` and parts, which hold ``$placeholders``.

``version`` is a whole number from 1 on, to be raised whenever the text changes. ``$$`` is a dollar sign. A
template is about pairs (it has a part ``gene``) or about grades (it has a part ``candidate``):

============= ====== ==========================================================================
part          of     placeholders
============= ====== ==========================================================================
``system``    both   ``kind``, ``about``, ``means``, ``instructions``; the text may be empty
``user``      both   those of ``system``, ``perturbation``, ``context``, ``facts``, and ``genes``
                     (pairs) or ``candidates`` (grades), which must be there
``both``      pairs  the question, in place of the task's: ``gene``, ``applied``. With this part both
                     questions are asked at once, and the answer is up, down or none
``gene``      pairs  ``perturbation``, ``gene``, ``facts``, ``evidence``, ``asks``
``row``       pairs  a row of evidence: ``neighbour``, ``gene``, ``relatedness``, ``reasons``,
                     ``outcome``; a template without this part shows no evidence
``group``     pairs  the rows of one outcome: ``gene``, ``outcome`` and ``rows``, which must be
                     there; without this part, the evidence is one list
``candidate`` grades ``neighbour``, which must be there, and ``facts``
============= ====== ==========================================================================

``kind``, ``about``, ``means`` and ``asks`` word the task, ``instructions`` say how to answer. Scripted models
read the lines that begin with ``Perturbation:``, ``Gene:`` or ``Candidate:``, followed by the name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template as Placeholders
from typing import Any

from core_harness.errors import PluginError, unknown


@dataclass(frozen=True)
class Part:
    """What may stand in a part of a template.

    Attributes
    ----------
    known
        Placeholders that may stand in it.
    needed
        Those among them that must.
    optional
        Whether a template may be without it.
    """

    known: frozenset[str]
    needed: frozenset[str] = frozenset()
    optional: bool = False


_TASK = frozenset({"kind", "about", "means", "instructions"})
_QUERY = _TASK | {"perturbation", "context", "facts"}

PAIRS: Mapping[str, Part] = {
    "system": Part(_TASK),
    "user": Part(_QUERY | {"genes"}, needed=frozenset({"genes"})),
    "both": Part(frozenset({"gene", "applied"}), optional=True),
    "gene": Part(frozenset({"perturbation", "gene", "facts", "evidence", "asks"})),
    "row": Part(
        frozenset({"neighbour", "gene", "relatedness", "reasons", "outcome"}),
        optional=True,
    ),
    "group": Part(frozenset({"gene", "outcome", "rows"}), needed=frozenset({"rows"}), optional=True),
}
"""Parts of a template about pairs (:func:`~core_harness.prompts.pair_prompts`)."""

GRADES: Mapping[str, Part] = {
    "system": Part(_TASK),
    "user": Part(_QUERY | {"candidates"}, needed=frozenset({"candidates"})),
    "candidate": Part(frozenset({"neighbour", "facts"}), needed=frozenset({"neighbour"})),
}
"""Parts of a template for grades (:func:`~core_harness.prompts.grade_prompts`)."""


def parse_parts(text: str, where: str) -> tuple[int, dict[str, str]]:
    """Return version and parts of a template; ``where`` names it in messages.

    Raises :class:`~core_harness.errors.PluginError` naming the part: for text that is not TOML, a part that
    is missing, unknown or no text, and a placeholder that is missing or unknown.
    """
    try:
        content: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PluginError(f"{where}: not valid TOML: {error}") from None
    version = content.pop("version", None)
    if type(version) is not int or version < 1:
        raise PluginError(f"{where}: 'version' must be a whole number from 1 on; raise it with every change")
    _check_parts(content, where)
    return version, {part: wording.strip("\n") for part, wording in content.items()}


def _check_parts(parts: Mapping[str, Any], where: str) -> None:
    if ("gene" in parts) == ("candidate" in parts):
        raise PluginError(f"{where}: it needs a part 'gene' (about pairs) or a part 'candidate' (for grades)")
    allowed = PAIRS if "gene" in parts else GRADES
    for name in parts:
        if name not in allowed:
            raise PluginError(f"{where}: {unknown('part', name, allowed)}")
    for name, part in allowed.items():
        if name in parts:
            _check_placeholders(parts[name], part, f"{where}, part {name!r}")
        elif not part.optional:
            raise PluginError(f"{where}: part {name!r} is missing")
    if "group" in parts and "row" not in parts:
        raise PluginError(f"{where}: part 'row' is missing, of which part 'group' is made")
    if "row" in parts and "evidence" not in _placeholders(parts["gene"]):
        raise PluginError(f"{where}, part 'gene': $evidence is missing, where the rows would stand")


def _check_placeholders(text: object, part: Part, where: str) -> None:
    if not isinstance(text, str):
        raise PluginError(f"{where}: it must be a text, and is {text!r}")
    if not Placeholders(text).is_valid():
        raise PluginError(f"{where}: a '$' begins no placeholder; write '$$' for the sign itself")
    found = _placeholders(text)
    for name in sorted(found - part.known):
        raise PluginError(f"{where}: {unknown('placeholder', name, part.known)}")
    for name in sorted(part.needed - found):
        raise PluginError(f"{where}: ${name} is missing")


def _placeholders(text: str) -> set[str]:
    return set(Placeholders(text).get_identifiers())
