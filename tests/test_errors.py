"""One tree of errors, one line a message."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core_harness import errors


def test_every_error_has_its_exit_code_in_the_docstring() -> None:
    tree = errors.__doc__ or ""
    kinds = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.HarnessError)]
    assert len(kinds) > 5
    for kind in kinds:
        line = next(line for line in tree.splitlines() if f"{kind.__name__} " in line)
        assert f" {kind.exit_code} " in f"{line} "
        assert kind.exit_code != 0


@given(st.text())
def test_a_message_is_one_line(text: str) -> None:
    assert len(str(errors.HarnessError(text)).splitlines()) <= 1


def test_an_unknown_name_is_met_with_the_closest_and_the_list() -> None:
    line = errors.unknown("strategy", "votng", ["voting", "constant"])
    assert line == "unknown strategy 'votng'; did you mean 'voting'? (known: constant, voting)"


def test_escape_codes_of_a_file_do_not_reach_the_terminal() -> None:
    assert str(errors.HarnessError("run \x1b[31mred\x07 \n has no \u202eend")) == "run ?[31mred? has no ?end"
