"""Checks of how a component handles what it is given: order, seed, inputs, stdout, labels of queries."""

from __future__ import annotations

import io
import os
import random
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from typing import IO, Any

import numpy as np
import polars as pl

from core_harness.evidence.blocks import Blocks
from core_harness.evidence.evidence import Evidence
from core_harness.plugins.component import Instance
from core_harness.schemas import Block
from core_harness.testing.contract.running import compare, returned, suited, usually, watched
from core_harness.testing.contract.subject import Check, Fault, Subject


def order(subject: Subject) -> None:
    """Give all rows in the opposite order."""

    @contextmanager
    def turning(_: str, arguments: Sequence[Any]) -> Iterator[Sequence[Any]]:
        yield [_turned(argument) for argument in arguments]

    made = suited(subject)
    turned = watched(subject.fresh(), turning)
    compare(usually(subject), returned(turned, made), "when rows come in another order")


def seeded(subject: Subject) -> None:
    """Run twice under one seed, with the state of the global generators changed in between."""
    made = suited(subject)
    first = usually(subject)
    random.random()  # noqa: S311 - the state is what matters
    np.random.random()  # noqa: NPY002
    compare(first, returned(subject.fresh(), made), "twice under one seed")


def inputs_kept(subject: Subject) -> None:
    """Compare what the component was given with what is left of it."""
    changed: list[str] = []

    @contextmanager
    def comparing(method: str, arguments: Sequence[Any]) -> Iterator[Sequence[Any]]:
        before = [[frame.clone() for frame in _frames_of(argument)] for argument in arguments]
        yield arguments
        for argument, frames in zip(arguments, before, strict=True):
            for now, was in zip(_frames_of(argument), frames, strict=True):
                if not now.equals(was):
                    changed.append(f"{method} changed a frame that it was given: {', '.join(was.columns)}")

    returned(watched(subject.fresh(), comparing), suited(subject))
    if changed:
        raise Fault(changed[0])


def quiet(subject: Subject, run: Callable[[Instance], object] | None = None) -> None:
    """Listen on stdout, as Python writes to it and as the system does; look for threads that are left."""
    threads = set(threading.enumerate())
    said: list[str] = []

    @contextmanager
    def listening(method: str, arguments: Sequence[Any]) -> Iterator[Sequence[Any]]:
        with redirect_stdout(io.StringIO()) as heard:
            yield arguments
        if text := heard.getvalue():
            said.append(f"{method} printed {text!r:.60}")

    with _stdout_of_the_system() as file:
        instance = watched(subject.fresh(), listening)
        if run is None:
            returned(instance, suited(subject))
        else:
            run(instance)
        file.seek(0)
        if written := file.read(60):
            said.append(f"something that it calls wrote {written!r} to stdout")
    left = [one.name for one in threading.enumerate() if one not in threads and not one.daemon]
    if left:
        said.append(f"it leaves a thread running: {', '.join(left)}")
    if said:
        raise Fault(said[0])


def labels_unseen(subject: Subject) -> None:
    """Turn the label of every query round."""
    made = suited(subject)
    compare(
        usually(subject),
        returned(subject.fresh(), made.poisoned()),
        "when labels of queries change, which it must not see",
    )


def _turned(argument: Any) -> Any:
    if isinstance(argument, pl.DataFrame):
        return argument.reverse()
    if isinstance(argument, Block):
        return replace(argument, pairs=argument.pairs.reverse(), support=argument.support.reverse())
    if isinstance(argument, Evidence):
        chosen = argument.chosen  # best first: the organizer's own order
        return Evidence(_turned(argument.block), argument.relations.reverse(), chosen=chosen)
    return argument.mapped(_turned) if isinstance(argument, Blocks) else argument


def _frames_of(argument: Any) -> list[pl.DataFrame]:
    if isinstance(argument, pl.DataFrame):
        return [argument]
    if isinstance(argument, Block):
        return [argument.pairs, argument.support]
    if isinstance(argument, Evidence):
        return [*_frames_of(argument.block), argument.relations]
    return (
        [frame for block in argument for frame in _frames_of(block)] if isinstance(argument, Blocks) else []
    )


@contextmanager
def _stdout_of_the_system() -> Iterator[IO[bytes]]:
    """Lead the file descriptor of stdout to a file."""
    sys.stdout.flush()
    with tempfile.TemporaryFile() as file:
        saved = os.dup(1)
        os.dup2(file.fileno(), 1)
        try:
            yield file
        finally:
            os.dup2(saved, 1)
            os.close(saved)


QUIET = Check(
    name="nothing-on-stdout",
    run=quiet,
    why="results are printed there, so --json would be no JSON; a thread that is left keeps the program open",
    mend="print nothing, or with file=sys.stderr; join the threads that are started",
)

HANDLED = (
    Check(
        name="order-of-rows",
        run=order,
        why="two runs on the same data in another order would be two results",
        mend="join by columns instead of positions, and sort where the order counts",
    ),
    Check(
        name="same-under-a-seed",
        run=seeded,
        why="the run could not be reproduced",
        mend="draw with numpy.random.default_rng(task.seed), and sort what comes out of sets",
    ),
    Check(
        name="inputs-unchanged",
        run=inputs_kept,
        why="other methods of the run are given the same frames",
        mend="return a new frame, as with_columns, filter and sort do",
    ),
    QUIET,
    Check(
        name="labels-of-queries-unseen",
        run=labels_unseen,
        why="a method that reads what it is asked about is not evaluated",
        mend="use what the arguments hold, and nothing else of the process or the files",
    ),
)
"""Checks of retrievers, organizers and aggregators, beside those of what they return."""
