"""Every error that a user can mend, in one tree.

::

    HarnessError                 exit code 1
    ├── UsageError               2   a name, an option or a combination that does not exist or does not fit
    │   ├── MissingKeyError      2   the key of a provider is not set
    │   └── UnknownModelError    2   no provider has a model of that name
    ├── DataError                3   a file, a row, a column, a graph that cannot be used
    │   ├── MissingDataError     3   the data are not on this machine
    │   └── LeakError            3   one perturbation in train and in test under two spellings
    ├── PluginError              4   a component that cannot be loaded or breaks its contract
    ├── RunError                 5   a run folder that cannot be read or written
    │   └── BusyError            5   another process is writing the run folder
    ├── RegistryError            6   a registry.toml that is not valid
    ├── DownloadError            7   data that cannot be got from where they are published
    ├── NothingAnsweredError     8   a model was asked, and not one answer could be used
    └── IncompleteError          1   some methods failed: the code is that of the first

A message is one line: what is wrong, where, and how to mend it. Anything that is not a
``HarnessError`` is a bug and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar


class HarnessError(Exception):
    """Base of all errors that are shown as one line; ``exit_code`` is what the program returns."""

    exit_code: ClassVar[int] = 1

    def __str__(self) -> str:
        """Return the message on one line of harmless text, whatever a file put into it."""
        line = " ".join(super().__str__().split())
        return "".join(character if character.isprintable() else "?" for character in line)


class UsageError(HarnessError):
    """What was asked for does not exist or does not fit together."""

    exit_code = 2


class MissingKeyError(UsageError):
    """The variable that holds the key of a provider is not set.

    Attributes
    ----------
    price
        What the model would cost (a :class:`core_harness.llm.Price`), or None where that is not known.
    """

    def __init__(self, message: str, *, price: Any = None) -> None:
        super().__init__(message)
        self.price = price


class UnknownModelError(UsageError):
    """No provider has a model of the name that was asked for."""


class DataError(HarnessError):
    """Data cannot be used as they are; the message names file, row and column where there are any."""

    exit_code = 3


class MissingDataError(DataError):
    """Data are not on this machine; the message says how to get them."""


class LeakError(DataError):
    """The same perturbation stands in train and in test under two names."""


class PluginError(HarnessError):
    """A component cannot be loaded, or broke the contract of its stage."""

    exit_code = 4


class RunError(HarnessError):
    """A run folder cannot be read or written."""

    exit_code = 5


class BusyError(RunError):
    """Another process is writing the run folder."""


class RegistryError(HarnessError):
    """A ``registry.toml`` is not valid; the message names the key and the line."""

    exit_code = 6


class DownloadError(HarnessError):
    """Data cannot be got, or are not what was published; the message names the address."""

    exit_code = 7


class NothingAnsweredError(HarnessError):
    """A model was asked and nothing that it wrote could be used; the run is written all the same."""

    exit_code = 8


class IncompleteError(HarnessError):
    """Some methods of an evaluation failed; the others did not, and nothing of theirs is lost.

    Attributes
    ----------
    results
        Of the methods that came to their end.
    failures
        Why the others did not, by the method's label. ``exit_code`` is that of the first.
    """

    def __init__(self, results: Sequence[Any], failures: Mapping[str, HarnessError]) -> None:
        super().__init__("; ".join(f"{label}: {error}" for label, error in failures.items()))
        self.__cause__ = next(iter(failures.values()))
        self.results = list(results)
        self.failures = dict(failures)
        self.exit_code = next(iter(failures.values())).exit_code  # type: ignore[misc]  # its own, not the class's


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Return one line about a name that does not exist: the closest ones, then the whole list."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    guess = f"; did you mean {' or '.join(repr(c) for c in close)}?" if close else ""
    listing = f" (known: {', '.join(known)})" if known else ""
    return f"unknown {kind} {name!r}{guess}{listing}"
