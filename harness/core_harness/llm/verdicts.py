"""What the words of a value say, and whether what is written beside or behind them takes it back.

A value is a verdict, alone or with a remark: ``yes``, ``no (moderate confidence)``, ``7 - the same
complex``, ``up-regulated``. A hedge (``probably yes``, ``yes, but``), a question, or a second verdict makes
it none.
"""

from __future__ import annotations

import re
from typing import cast

from core_harness.llm.formats import BEST_GRADE, BOTH, Form, Verdict

CANNOT_TELL = (
    r"(?:insufficient|inadequate|not\s+enough)\s+(?:\w+\s+)?(?:evidence|data|information|knowledge)"
    r"|(?:can(?:no|')?t|can\s+not|cannot|unable\s+to|impossible\s+to)\s+(?:be\s+)?(?:\w+ly\s+)?"
    r"(?:determin|decid|conclud|predict|infer|tell|told|say|said)\w*"
)
"""How models say that they cannot decide."""

_UNDECIDED, _UNDECIDED_WHERE = (
    re.compile(
        rf"(?:{CANNOT_TELL}|abstain\s*(?:[,;:.(\u2013\u2014]|-\s)(?!.*\b(?:{words})\b)"
        r"|(?:abstain(?:ed|ing)?|abstention|unknown|unclear|uncertain|undetermined|inconclusive)$)",
        re.DOTALL,
    )
    for words in ("yes|no", "up|down|none")
)
_REMARK = r"\b(?:\s*(?:[,;.:(\[{!|<\"'\u2013\u2014]|-(?=\s))|\s+(?=(?:because|since|given|due)\b)|$)"
_WORD = re.compile(rf"(?P<word>yes|no){_REMARK}")
_DIRECTION = re.compile(rf"(?:(?:(?P<up>up)|(?P<down>down))(?:[-\s]?regulated)?|(?P<none>none)){_REMARK}")
_GRADE = re.compile(
    r"(?P<grade>\d{1,2})(?:\s*(?:/|out\s+of)\s*10)?(?=\s*$|\s*[,;:(\[\u2013\u2014]|\s+-\s|\.\s|\.$|\s+because\b)"
)
_NUMBER = re.compile(r"(?<![\w.-])\d+(?:[.,]\d+)?(?![\w-])")
_OUT_OF_TEN = re.compile(r"(?:/|out\s+of)\s*10\b")
_HEDGE = re.compile(
    r"\?|\b(?:but|however|although|though|unless|except|or|probabl[ey]|possibl[ey]|perhaps|maybe|may|might|could"
    r"|(?:un)?likely|uncertain|unsure|unclear|not\s+(?:sure|certain)|seems?|appears?|partly|partially|abstain)\b"
)
_DENIES = re.compile(
    r"\b(?:not|never|neither|nor|unaffected|unchanged|unaltered|unresponsive|unrelated|no\s+longer)\b|n't\b"
    r"|\bno\s+(?:\w+\s+)?(?:change|effect|difference|response|link|evidence|reason|relation\w*|connection)\b"
)
_NEGATED = re.compile(rf"{_DENIES.pattern}|\b(?:no|without|lacks?|absence|unlikely|only|other)\b")
_CHANGES = (
    r"(?:affected|changed|altered|upregulated|downregulated|up-regulated|down-regulated|increased|decreased"
    r"|differentially|responsive|induced|repressed|reduced)"
)
_OUTCOME = re.compile(rf"\b{_CHANGES}\b|\b(?:affects?|changes?|alters?|responds?|express\w*|respon\w+)\b")
_AFFIRMS = re.compile(
    rf"\b(?:is|are|was|were|be|been|gets?)\s+(?:\w+\s+){{0,2}}{_CHANGES}\b|\b(?:will|would|does)\s+(?:\w+\s+)?"
    r"(?:change|respond|affect|alter)\b|\b(?:changes|responds|affects|alters)\b|\bis\s+(?:an?\s+)?(?:\w+\s+)?target\b"
)
_TAKES_BACK = re.compile(
    r"\b(?:actually|on\s+(?:second\s+thoughts?|(?:further\s+)?reflection)|wait|correction|i\s+(?:was|am)\s+(?:wrong"
    r"|mistaken)|mistake|change\s+my\s+(?:mind|answer)|reconsider\w*|revis\w+|scratch\s+that|i\s+take\s+(?:it|that)"
    r"\s+back|the\s+opposite|should\s+be|should\s+have\s+been)\b"
)
_VERDICT_BEHIND = re.compile(
    r"\b(?:(?P<yes>yes)|(?P<abstain>abstain(?:ed)?)"
    r"|(?P<no>no)(?!\s+(?!in|is|it|the|and|or|but|because|since|for|to|at|as|if|when|would|was)[a-z]))\b"
)
_DIRECTION_BEHIND = re.compile(
    r"\b(?:(?P<up>up)(?!\s+to\b)|(?P<down>(?<!knock[\s-])(?<!knocked[\s-])(?<!knocking[\s-])down)"
    r"|(?P<none>none)(?!\s+of\b)|(?P<abstain>abstain(?:ed)?))\b"
)
_BECOMES = r"\b(?:is|are|was|were|be|been|being|gets?)\s+(?:\w+\s+){0,2}"
_RISES = re.compile(
    rf"{_BECOMES}(?:increased|raised|higher|elevated|induced|activated|derepressed)\b"
    r"|\b(?:increases|rises|climbs)\b|\bup-?\s?regulat"
)
_FALLS = re.compile(
    rf"{_BECOMES}(?:decreased|reduced|lower(?:ed)?|diminished|repressed|suppressed)\b"
    r"|\b(?:decreases|falls|drops|declines)\b|\bdown-?\s?regulat"
)
_SENTENCE = re.compile(r"[^.!?\n;]+")
_BRACKETS = " \t\r\n.,;!'\"()[]{}<>|/\\"


def read_verdict(value: str, form: Form) -> Verdict | None:
    """Return the verdict that a value is, or None. ``yes?`` is none, nor is ``yes, probably``."""
    value = value.strip(_BRACKETS).casefold().replace("\u2019", "'")
    if (_UNDECIDED_WHERE if form in BOTH else _UNDECIDED).match(value):
        return "abstain"
    if form == "grades":
        return _grade(value)
    if not (found := (_DIRECTION if form in BOTH else _WORD).match(value)):
        return None
    verdict = cast("Verdict", found["word"] if form not in BOTH else found.lastgroup)
    remark = value[found.end() :]
    hedged = _HEDGE.search(remark) or _behind(form).search(remark)
    return None if hedged or takes_back(remark, verdict, form) else verdict


def takes_back(text: str, verdict: Verdict | None, form: Form) -> bool:
    """Return whether a text beside or behind a verdict says something else, or may.

    Another word of the grammar does, a change of opinion, and a sentence with the opposite outcome. ``no``
    before a noun is no verdict (``no further remarks``). Behind a grade, nothing is looked for.
    """
    if isinstance(verdict, int):
        return False
    text = text.casefold().replace("\u2019", "'")
    if any(found.lastgroup != verdict for found in _behind(form).finditer(text)):
        return True
    if _TAKES_BACK.search(text):
        return True
    return any(_is_opposite(sentence[0], verdict) for sentence in _SENTENCE.finditer(text))


def _behind(form: Form) -> re.Pattern[str]:
    """Return what finds a verdict in a remark."""
    return _DIRECTION_BEHIND if form in BOTH else _VERDICT_BEHIND


_OPPOSITES: dict[Verdict, tuple[re.Pattern[str], ...]] = {
    "no": (_AFFIRMS,),
    "up": (_FALLS,),
    "down": (_RISES,),
    "none": (_AFFIRMS, _RISES, _FALLS),
}
"""What says, where nothing negates it, that a verdict is wrong."""


def _is_opposite(sentence: str, verdict: Verdict | None) -> bool:
    if verdict in {"yes", "up", "down"} and _DENIES.search(sentence) and _OUTCOME.search(sentence):
        return True
    opposites = () if verdict is None else _OPPOSITES.get(verdict, ())
    return any(opposite.search(sentence) for opposite in opposites) and not _NEGATED.search(sentence)


def _grade(value: str) -> int | None:
    found = _GRADE.match(value)
    if not found or int(found["grade"]) > BEST_GRADE:
        return None
    remark = _OUT_OF_TEN.sub("", value[found.end() :])
    return None if _NUMBER.search(remark) or "?" in remark else int(found["grade"])
