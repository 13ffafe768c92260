"""Small plots made of characters: blocks, or plain ASCII where the terminal has no others."""

from __future__ import annotations

from collections.abc import Sequence

_BLOCKS = " ▁▂▃▄▅▆▇█"
_SHADES = " .:-=+*%#"
_EIGHTHS = "▏▎▍▌▋▊▉█"


def sparkline(counts: Sequence[int], *, ascii_only: bool) -> str:
    """Return one character a count, the highest for the largest; any count above 0 can be seen."""
    ramp = _SHADES if ascii_only else _BLOCKS
    top = max(counts, default=0)
    if not top:
        return ramp[0] * len(counts)
    return "".join(ramp[max(count > 0, round(count / top * (len(ramp) - 1)))] for count in counts)


def bar(share: float, *, width: int, ascii_only: bool) -> str:
    """Return a bar of ``share`` (0 to 1) of ``width`` characters; a share above 0 can be seen."""
    share = min(max(share, 0.0), 1.0)
    if ascii_only:
        return "#" * max(share > 0, round(share * width))
    eighths = max(share > 0, round(share * width * 8))
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest - 1] if rest else "")


def gauge(share: float, mark: float | None, *, width: int, ascii_only: bool) -> str:
    """Return a bar of ``share`` with a stroke at ``mark`` (both 0 to 1), ``width`` characters long."""
    cells = list(bar(share, width=width, ascii_only=ascii_only).ljust(width))
    if mark is None:
        return "".join(cells)
    cells[min(width - 1, int(min(max(mark, 0.0), 1.0) * width))] = "|" if ascii_only else "│"
    return "".join(cells)
