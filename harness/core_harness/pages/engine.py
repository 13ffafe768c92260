"""The engine of all pages: templates that escape text, with the filters and macros that pages share."""

from __future__ import annotations

from importlib import resources

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from core_harness.metrics.catalog import GROUPS
from core_harness.pages.svg import Drawing, whisker_x
from core_harness.pages.untrusted import described
from core_harness.text import figure, number, p_value, regime_of

_HERE = "core_harness.pages"


def environment(*packages: str) -> Environment:
    """Return the engine of the shared templates, and of those of other packages, which come first.

    It escapes text and refuses names that it does not know.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in (*packages, _HERE)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "figure": figure,
        "number": number,
        "p_value": p_value,
        "described": described,
        "regime": regime_of,
    }
    made.globals |= {"GROUPS": GROUPS, "Drawing": Drawing, "whisker_x": whisker_x}
    return made


def asset(name: str) -> str:
    """Return a style sheet or a script of the shared assets."""
    return (resources.files(_HERE) / "assets" / name).read_text(encoding="utf-8")
