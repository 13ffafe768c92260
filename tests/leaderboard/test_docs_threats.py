"""Each case of docs/threats.md is held by the test that it names."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "threats.md"


def test_every_case_names_a_test_that_exists_and_each_test_once() -> None:
    named = re.findall(r"\| `(test_\w+)` \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    cases = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if "`test_" in line]
    assert len(named) == len(cases) > 40
    assert len(set(named)) == len(named)
    written = {
        name
        for file in TESTS.rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert set(named) <= written
