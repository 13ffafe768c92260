"""What a name says by its form alone: control, guide, date, identifier, combination."""

from __future__ import annotations

import re

JOINED = "+"
"""Stands between the genes of a combination, which are sorted."""

_NUMBERED = r"(?:(?:[-_ .]?(?:sgrna|grna|guide|sg|g))?[-_ .]?\d+)*"
_CONTROL = re.compile(
    r"(?:(?:non|no)[-_ ]?target(?:ing|ed)?|ntc|(?:neg(?:ative)?[-_ ]?)?(?:ctrl|control)s?"
    r"|safe[-_ ]?(?:targeting|harbou?r)|aavs1|scrambled?|unperturbed|untreated|intergenic"
    rf"|dmso|vehicle|lacz|luciferase|e?gfp|rosa26){_NUMBERED}|nt(?:[-_ ]?(?:sgrna|grna|sg|g)[-_ ]?\d+)?",
    re.IGNORECASE,
)
_GENE_NAMED_CONTROL = "CTRL"
"""An approved symbol, of a chymotrypsin; controls are written in small letters or as another word."""

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)"
_DATES = (
    re.compile(rf"\d{{1,2}}[-/ ]{_MONTH}(?:[-/ ]\d{{2,4}})?", re.IGNORECASE),
    re.compile(rf"{_MONTH.title()}[-/ ]\d{{1,4}}"),
    re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]00:00(?::00)?)?|\d{1,2}/\d{1,2}/\d{2,4}"),
)
_DAY_NUMBER = re.compile(r"[345]\d{4}")
"""Days since 1900, as spreadsheets store dates: from 1982 to 2064."""

_ENSEMBL = re.compile(r"(ENS(?:[A-Z]{3})?G\d{11})(?:\.\d+)?(?:_PAR_Y)?", re.IGNORECASE)
_GUIDE = re.compile(
    r"(?P<gene>.+?)(?:[-_.:|](?:sgrna|grna|guide|sg)[-_]?\d+[a-z]?|[-_]P1P2|_P[12])", re.IGNORECASE
)
_MAYBE_GUIDE = re.compile(r"(?P<gene>.+?)(?:_g?\d{1,3}|-P[12])", re.IGNORECASE)
_MOUSE = re.compile(r"[A-Z][0-9]*[a-z][A-Za-z0-9.-]*|[0-9][0-9A-Z]+Rik|Gm\d+")


def is_control(name: str) -> bool:
    """Return whether a perturbation is a control: ``non-targeting``, ``NTC_2``, ``ctrl``; never ``CTRL``."""
    return name != _GENE_NAMED_CONTROL and _CONTROL.fullmatch(name) is not None


def is_date(name: str) -> bool:
    """Return whether a spreadsheet may have made a date of the name: ``1-Mar``, ``Sep-02``."""
    return any(form.fullmatch(name) for form in _DATES)


def is_day_number(name: str) -> bool:
    """Return whether the name may be a date as a number: ``43891``."""
    return _DAY_NUMBER.fullmatch(name) is not None


def ensembl_id(name: str) -> str | None:
    """Return an Ensembl gene id without its version, in capitals; None for another name."""
    found = _ENSEMBL.fullmatch(name)
    return None if found is None else found[1].upper()


def targeted_by(guide: str, *, certain: bool) -> str | None:
    """Return what a guide's name begins with: ``RPL5`` of ``RPL5_sg1``; None for another name.

    Some endings are a guide's whatever they follow (``_sg1``, ``-P1P2``); others (``_2``, ``-P1``) only
    behind the name of a gene, and are not ``certain``.
    """
    found = (_GUIDE if certain else _MAYBE_GUIDE).fullmatch(guide)
    return None if found is None else found["gene"]


def looks_like_mouse(name: str) -> bool:
    """Return whether a name is written as symbols of mouse genes are: ``Trp53``, ``2310011J03Rik``."""
    return _MOUSE.fullmatch(name) is not None


def joined(name: str) -> list[str]:
    """Return what ``+`` or ``;`` joins, one part where neither does, none where a part is blank."""
    found = [part.strip() for part in re.split(r"[+;]", name)]
    return found if all(found) else [name]
