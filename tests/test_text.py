"""Text of files and users is text in every output: whatever it holds, it is read as it was written."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import markdown as python_markdown  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from core_harness.text import as_markdown, markdown_text, one_line, plain

PIECES = [
    *"[](){}<>!#*_~`|\\&@:-+=.$^\"' \t1",
    *("a", "0.7 [0.6, 0.8]", "[95 %]", "www.", "https://", "x.org", "//", "---", "1. ", "- ", "# ", "!!! n"),
    *("](x)", "![", "[x]: /y", "<b>", "</td>", "&lt;", "&#60;", "javascript:", "\x1b[31m", "\u202e"),
    "\u3164",
]
HOSTILE = (
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8)
    .map("".join)
    .filter(lambda text: text.strip() != "-")  # stands for what is absent; alone on a page, an empty list
)

PLAIN = {"p", "table", "thead", "tbody", "tr", "th", "td"}


class Read(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.append(tag)
        self.text += " "

    def handle_data(self, data: str) -> None:
        self.text += data


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def readers() -> dict[str, object]:
    common = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return {
        "GitHub's": common.render,
        "mkdocs's": lambda text: python_markdown.markdown(text, extensions=["tables", "toc", "fenced_code"]),
    }


@pytest.mark.parametrize("reader", readers())
@given(HOSTILE)
def test_markdown_has_nothing_but_the_text(reader: str, text: str) -> None:
    render = readers()[reader]
    assert callable(render)
    rows = [{"name": "v", text: "w"}, {"name": text, text: text}]
    for page in (f"{markdown_text(text)}\n", as_markdown(rows)):
        read = Read(render(page))
        assert set(read.elements) <= PLAIN, page
    shown = Read(render(f"voting {markdown_text(text)}: so.\n"))
    assert set(shown.elements) <= {"p"}
    assert words(shown.text) == words(f"voting {plain(text).strip()}: so.")


@given(st.text())
def test_plain_text_controls_nothing(text: str) -> None:
    assert plain(text).isprintable()
    assert len(plain(text)) == len(text)


def test_what_is_said_is_brought_to_one_line() -> None:
    assert one_line(ValueError("a\n  b\t\x1b[1m")) == "a b ?[1m"


def test_figures_stay_as_they_are() -> None:
    for text in ("0.750 [0.716, 0.784]", "macro AUROC [95 %]", "-0.013 [-0.1, 0.05]", "-", "gene-frequency"):
        assert markdown_text(text) == text
    assert markdown_text("0.7 [0.6](http://x)") == r"0.7 \[0.6\](http&#58;&#47;&#47;x)"
    assert markdown_text("[0.7, 0.8]: x") == r"\[0.7, 0.8\]: x"
