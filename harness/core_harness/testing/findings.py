"""What a demonstration with a real model came to, in plain sentences, by rule from the figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core_harness.evaluation.verdict import kind_of, listed, verdict
from core_harness.llm.answered import LITTLE_MASS
from core_harness.testing.real_model import Played

_ENOUGH = 0.5
"""Share of pairs that must be answered before anything is said of how often it says yes."""
_CLOSE = 0.1
"""A share of yes that lies so near to the truth is about right."""
_HARDLY = 0.02
"""By so much the engine itself moves the score of a pair, with the prompts that it has read before."""


def sentences(played: Sequence[Played]) -> list[str]:
    """Return what the figures say: of the strategies, of each control, of the answers."""
    plain = {one.scene.strategy: one for one in played if one.scene.control is None}
    rows = [{**one.result.as_dict(), "strategy": name} for name, one in plain.items()]
    found = [verdict(rows), *_rates(list(plain.values()))] if rows else []
    found += [_of_control(plain[one.scene.strategy], one) for one in played if one.scene.control is not None]
    return [*found, *_masses(played)]


def _rates(played: Sequence[Played]) -> Iterator[str]:
    """Yield one sentence for each way in which shares of yes lie to the truth."""
    groups: dict[str, list[str]] = {}
    for one in played:
        if one.yes is None or one.truth is None or one.answered < _ENOUGH:
            continue
        excess = one.yes - one.truth
        ending = "about as often as is true" if abs(excess) <= _CLOSE else "too often"
        if excess < -_CLOSE:
            ending = "too seldom"
        words = f"{one.scene.strategy} (to {one.yes:.0%} of pairs, of which {one.truth:.0%} are positive)"
        groups.setdefault(ending, []).append(words)
    for ending, names in groups.items():
        yield f"{listed(names)} {'says' if len(names) == 1 else 'say'} yes {ending}."


def _of_control(plain: Played, broken: Played) -> str:
    """Return what a control says of a strategy."""
    name, control = plain.scene.strategy, broken.scene.control
    before, after = (kind_of(one.result.as_dict()) for one in (plain, broken))
    figures = f"{_figure(plain)} to {_figure(broken)}"
    if before is None or after is None:
        said = f"{name}, {control}: no verdict"
    elif before != "above":
        said = f"{name}, {control}: there was nothing above chance to lose ({figures})"
    elif after == "above":
        said = f"{name}, {control}: still above chance ({figures}), so it rests on something else as well"
    else:
        said = f"{name}, {control}: no longer above chance ({figures}), so it rests on what was broken"
    if broken.moved is None:
        return f"{said}."
    hardly = ", so it hardly reads what was changed" if broken.moved <= _HARDLY else ""
    return f"{said}; the score of a pair moves by {broken.moved:.3f} on average{hardly}."


def _masses(played: Sequence[Played]) -> Iterator[str]:
    """Yield that a model would rather say something else, where that is so."""
    little = [
        f"{one.scene.strategy} ({one.mass:.2f})"
        for one in played
        if one.scene.control is None and one.mass is not None and one.mass < LITTLE_MASS
    ]
    if little:
        yield (
            f"The answer mass is below {LITTLE_MASS:g} with {listed(little)}: the model would rather write "
            "something else than yes or no, and its scores tell little."
        )


def _figure(one: Played) -> str:
    value = one.result.report.metrics["macro_gene_auroc"].value
    return "-" if value is None else f"{value:.3f}"
