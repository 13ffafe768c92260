"""The loop on which models are asked: what blocks it is given up, what waits is not."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from plugins.bad_plugins import RIGHT
from program import run_apart

from core_harness.llm import loop

BLOCKS = f"""{RIGHT}
from core_harness.llm import loop

loop.GRACE = 0.5

class Blocks(Llm):
    async def ask(self, request):
        import time; time.sleep(3600)
"""
LINE = BLOCKS[: BLOCKS.index("time.sleep")].count("\n") + 1
"""Of the file, where the model blocks."""


async def sleeps(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "slept"


async def blocks(seconds: float) -> str:
    time.sleep(seconds)
    return "blocked"


def test_what_blocks_is_given_up_and_what_waits_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "GRACE", 0.0)
    assert loop.run(sleeps(1.5), patience=0.5) == "slept"
    with pytest.raises(loop.BlockedError, match=rf"held up all requests for 0 s at {__file__}:\d+; await"):
        loop.run(blocks(3), patience=0.4)
    assert loop.run(sleeps(0), patience=0.4) == "slept"  # another loop took its place
    assert loop.run(blocks(0.5)) == "blocked"  # without patience there is no limit


@pytest.mark.slow
def test_a_model_that_blocks_is_one_line_and_the_program_ends(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(BLOCKS)
    asked = ("--model", "./odd.py:Blocks", "--timeout", "1", "-s", "isolated", "--limit", "10")
    done = run_apart("eval", *asked, cwd=tmp_path, CORE_HARNESS_CACHE=str(tmp_path / "cache"))
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("Error: "))
    assert "llm 'Blocks' of odd.py" in line
    assert "failed in ask: it held up all requests for 2 s at " in line
    assert f"odd.py:{LINE}; await what takes long, or move it to another thread (asyncio.to_thread)" in line
    assert done.returncode == 4
