"""Servers with odd habits, asked through the real client: they end in answers, or in one right sentence."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from core_harness.llm import Journal, ask_all
from core_harness.llm.answered import Answered, answered
from core_harness.llm.answers import parse_replies
from core_harness_plugins.llms import negotiation
from core_harness_plugins.llms.litellm import LiteLLM
from llm.askers import small_prompts

Body = dict[str, Any]
Habit = Callable[[Body], tuple[int, Body]]
PLAIN = "p53 activates it.\n\nANSWER: yes"


def reply(content: Any = PLAIN, finish: str = "stop", **message: Any) -> tuple[int, Body]:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content, **message},
        "finish_reason": finish,
    }
    usage = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
    return 200, {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "odd",
        "choices": [choice],
        "usage": usage,
    }


def refuses(name: str, words: str) -> Habit:
    def habit(body: Body) -> tuple[int, Body]:
        if name in body:
            return 400, {"error": {"message": words, "type": "invalid_request_error"}}
        return reply()

    return habit


@contextmanager
def serving(habit: Habit) -> Iterator[tuple[str, list[Body]]]:
    """Yield the api base of a server with a habit, and the requests that it got."""
    got: list[Body] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.append(body)
            status, content = habit(body)
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def asked(habit: Habit, **parameters: Any) -> tuple[Answered, list[Body], int]:
    prompts = small_prompts(["one", "two", "three"])
    with serving(habit) as (address, got), Journal(None) as journal:
        llm = LiteLLM(model="hosted_vllm/odd", api_base=address, **parameters)
        found = ask_all(llm, prompts, journal=journal)
    return answered(found.replies, parse_replies(prompts, found.replies)), got, found.summary.failed


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("response_format", "Unsupported response_format type: json_schema", "an enforced form"),
        ("logprobs", "logprobs are not supported by this model", "log-probabilities"),
    ],
)
def test_what_is_refused_is_left_out_once(
    name: str,
    words: str,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # the first call makes the client ready, which takes long on a busy machine
    monkeypatch.setattr(negotiation, "_PATIENCE", 60.0)
    found, got, failed = asked(refuses(name, words))
    assert (found.status, failed) == ({"ok": 3}, 0)
    assert [name in body for body in got] == [True, False, False, False]
    other = "logprobs" if name == "response_format" else "response_format"
    assert all(other in body for body in got)  # what is taken is kept
    assert capsys.readouterr().err.count(said) == 1


def test_a_bad_request_is_not_blamed_on_the_form() -> None:
    def habit(_: Body) -> tuple[int, Body]:
        return 400, {"error": {"message": "This model's maximum context length is 2 tokens"}}

    found, got, failed = asked(habit)
    assert (found.status, failed) == ({"failed": 3}, 3)
    assert len(got) == 3
    assert "maximum context length" in (found.example or "")


def test_a_refusal_that_names_nothing_is_not_sent_again() -> None:
    found, got, failed = asked(lambda _: (400, {"error": {"message": "no"}}))
    assert (found.status, failed, len(got)) == ({"failed": 3}, 3, 3)
    assert "structured=off" in found.sentence()


def test_an_answer_in_the_thinking_is_read() -> None:
    found, _, _ = asked(lambda _: reply("", reasoning_content=f"Let me see.\n{PLAIN}"))
    assert found.status == {"ok": 3}


def test_notes_behind_the_answer_change_nothing() -> None:
    found, _, _ = asked(lambda _: reply(f"{PLAIN} (moderate confidence)\n\nNote: no direct evidence."))
    assert found.status == {"ok": 3}


def test_content_in_parts_is_one_text() -> None:
    parts = [{"type": "text", "text": "Because.\n"}, {"type": "text", "text": "ANSWER: no"}]
    found, _, failed = asked(lambda _: reply(parts))
    assert (found.status, failed) == ({"ok": 3}, 0)


def test_what_is_cut_off_says_how_to_mend_it() -> None:
    found, _, _ = asked(lambda _: reply("First of all, the pathway", "length"))
    assert found.status == {"cut_off": 3}
    sentence = found.sentence()
    assert sentence.startswith('3 cut off; cut off, e.g.: "First of all, the pathway"; ')
    assert "max_tokens" in sentence


def test_free_text_says_how_to_mend_it() -> None:
    found, got, _ = asked(lambda _: reply("It is complicated."), structured="off")
    assert found.status == {"unparsed": 3}
    assert "structured=json" in found.sentence()
    assert not any("response_format" in body for body in got)


def test_sums_of_what_was_answered() -> None:
    one = Answered(status={"ok": 1}, weighed=1, mass=0.2, bounded=1)
    two = Answered(status={"ok": 3, "failed": 1}, weighed=3, mass=0.6, example="500", example_status="failed")
    both = one + two
    assert both.status == {"ok": 4, "failed": 1}
    assert both.mass == pytest.approx(0.5)
    assert (both.items, both.understood, both.bounded, both.example) == (5, 4, 1, "500")
    assert "rather write something else" in one.sentence()
