"""Dates of releases and annotations: a year, a month or a day, as far as they are known."""

from __future__ import annotations

import polars as pl

_KNOWN = r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$"
_COMPACT = r"^(\d{4})(\d{2})(\d{2})$"

FORMS = "YYYYMMDD, YYYY-MM-DD, YYYY-MM or YYYY"


def as_date(text: pl.Expr) -> pl.Expr:
    """Return dates of the :data:`FORMS` as ``2019-05-03``, ``2019-05`` or ``2019``; what is none stays."""
    return text.str.replace(_COMPACT, "$1-$2-$3")


def is_date(text: pl.Expr) -> pl.Expr:
    """Return whether a text is a date as :func:`as_date` writes it."""
    return text.str.contains(_KNOWN)


def is_before(date: pl.Expr, month: str) -> pl.Expr:
    """Return whether a date lies before a month (``2022-01``) for certain.

    Of a year alone, December counts; an unknown date is not certain.
    """
    latest = pl.when(date.str.len_chars() == 4).then(date + "-12").otherwise(date.str.head(7))
    return (latest < month).fill_null(value=False)
