"""One tree of errors, one line a message."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from core_harness import errors

LINE = re.compile(r"(?P<branch>[ │├└─]*)(?P<name>\w+Error) +(exit code )?(?P<code>\d+)\b")
"""An error in the tree of the docstring; each level of the tree is indented by four characters more."""


def drawn() -> Iterator[tuple[str, str, int]]:
    """Yield name, parent and exit code of each error in the docstring."""
    above: list[str] = ["Exception"]
    lines = [found for line in (errors.__doc__ or "").splitlines() if (found := LINE.match(line))]
    root = len(lines[0]["branch"])
    for line in lines:
        depth = 1 + (len(line["branch"]) - root) // 4
        yield line["name"], above[depth - 1], int(line["code"])
        above[depth:] = [line["name"]]


def test_the_tree_of_the_docstring_is_that_of_the_classes() -> None:
    kinds = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.HarnessError)]
    assert list(drawn()) == [(kind.__name__, kind.__mro__[1].__name__, kind.exit_code) for kind in kinds]
    general = {errors.HarnessError, errors.IncompleteError}  # the latter has the code of what it holds
    assert all(kind.exit_code not in {0, 1} for kind in kinds if kind not in general)


@given(st.text())
def test_a_message_is_one_line(text: str) -> None:
    assert len(str(errors.HarnessError(text)).splitlines()) <= 1


def test_an_unknown_name_is_met_with_the_closest_and_the_list() -> None:
    line = errors.unknown("strategy", "votng", ["voting", "constant"])
    assert line == "unknown strategy 'votng'; did you mean 'voting'? (known: constant, voting)"


def test_escape_codes_of_a_file_do_not_reach_the_terminal() -> None:
    assert str(errors.HarnessError("run \x1b[31mred\x07 \n has no \u202eend")) == "run ?[31mred? has no ?end"
