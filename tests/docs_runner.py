"""Code blocks of the docs, and a reader who types what they say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from program import run_here
from small_packages import forget

from core_harness.testing import TestServer
from core_harness.testing.contract.subject import Subject

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (?P<path>[\w/.-]+\.\w+)\n")


class Block(NamedTuple):
    """A code block of a page; ``language`` is empty for what is typed into a shell."""

    page: Path
    language: str
    text: str

    @property
    def lines(self) -> list[str]:
        """Lines of a shell, those that go on joined, without remarks."""
        joined = self.text.replace("\\\n", " ").splitlines()
        return [line for line in (re.sub(r"\s+#.*", "", text).strip() for text in joined) if line]


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page, in order."""
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield Block(page, found["language"], found["text"])


class Reader(ExitStack):
    """A reader in an empty folder, who types what a page says; what ``pip`` installs is gone at the end."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.said = ""
        self._servers: Mapping[str, str] = {}
        self._patch = self.enter_context(pytest.MonkeyPatch.context())
        defaults = cast("dict[str, Any]", Subject.__init__.__kwdefaults__)
        self._patch.setitem(defaults, "pairs", 2_000)  # the large world takes a minute

    def do(self, block: Block) -> None:
        """Do what a block says: type its lines, save the file that it names, or run its Python."""
        if block.language in {"python", "toml"} and (named := _FILE.match(block.text)):
            (self.folder / named["path"]).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            self._patch.chdir(self.folder)
            exec(compile(block.text, str(block.page), "exec"), {"__name__": "page"})
        elif not block.language:
            for line in block.lines:
                self._type(line)

    def _type(self, line: str) -> None:
        for written, port in self._servers.items():
            line = line.replace(written, port)
        command, *arguments = shlex.split(line)
        if command == "cd":
            self.folder = self.folder / arguments[0]
        elif line == "pip install -e '.[test]'":
            self._install()
        elif line.startswith("core-harness testserver --port "):
            server = self.enter_context(TestServer(model="follows-evidence"))
            self._servers = {f":{arguments[2]}/": f":{server.url.split(':')[2].partition('/')[0]}/"}
        elif command == "core-harness":
            self._program(*arguments)
        elif command not in {
            "pytest",
            "kill",
        }:  # packages' tests run elsewhere; the server ends with the reader
            raise AssertionError(f"the reader does not know how to do {line!r}")

    def _program(self, *arguments: str) -> None:
        words = [name for word in arguments for name in self._meant(word)]
        cache = str(self.folder / "cache")
        done = run_here(*words, cwd=self.folder, CORE_HARNESS_CACHE=cache)
        assert done.returncode == 0, f"core-harness {shlex.join(words)}: {done.stderr}"
        self.said += done.stdout

    def _meant(self, word: str) -> list[str]:
        """Return what a shell makes of a word."""
        if "*" not in word:
            return [word]
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.glob(word))

    def _install(self) -> None:
        """Do what an editable install does: the sources on the path, and what the entry points say."""
        home, name = self.folder / "src", self.folder.name.replace("-", "_")
        metadata = home / f"{name}-0.1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {self.folder.name}\nVersion: 0.1.0\n", encoding="utf-8"
        )
        (metadata / "entry_points.txt").write_text(f"[core_harness]\nmine = {name}.hooks\n")
        self._patch.syspath_prepend(str(home))
        forget(name)
        self.callback(forget, name)
