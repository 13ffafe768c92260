"""What a provider says of an error is one plain sentence, however it is wrapped."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.llm import Permanent
from core_harness_plugins.llms.error_text import sentence
from core_harness_plugins.llms.litellm_errors import failure_of
from core_harness_plugins.llms.litellm_import import imported as _litellm
from core_harness_plugins.llms.transport import Call

WRAPPERS: tuple[Callable[[str], str], ...] = (
    lambda text: json.dumps({"error": {"message": text, "type": "invalid_request_error", "code": None}}),
    lambda text: json.dumps({"detail": text}),
    lambda text: json.dumps({"object": "error", "message": text, "code": 400}, indent=2),
    lambda text: json.dumps([{"error": {"code": 400, "message": text, "status": "INVALID"}}]),
    lambda text: json.dumps({"detail": [{"loc": ["body", "model"], "msg": text, "type": "value_error"}]}),
    lambda text: json.dumps({"errors": [text, text]}),
    json.dumps,
    lambda text: repr({"error": {"message": text}}),
    lambda text: repr(json.dumps({"message": text}).encode()),
    lambda text: f"Error code: 400 - { {'error': {'message': text, 'param': None}}!a}",
    lambda text: f"litellm.BadRequestError: OpenAIException - {text}",
    lambda text: f"litellm.APIError: APIError: Hosted_vllmException - {text}",
)


@given(
    words=st.lists(
        st.sampled_from(['"x"', "isn't", "found", "a/b", "50%", "line\nbreak", "ü", "😀", "model.", "\\"]),
        max_size=6,
    ),
    wrappers=st.lists(st.sampled_from(WRAPPERS), max_size=5),
)
def test_a_message_is_dug_out(words: list[str], wrappers: list[Callable[[str], str]]) -> None:
    message = " ".join(["Model", *words, "refused"])
    text = message
    for wrap in wrappers:
        text = wrap(text)
    found = sentence(text)
    assert " ".join(message.split()) in found
    assert not any(mark in found for mark in ("{", "\\n", '\\"', "\n"))
    assert len(found) <= len(message) + len("model: ") * len(wrappers)


@given(st.text(alphabet="{}[]\"'b\\nu:, <>/ax0" + "\n", max_size=60))
def test_whatever_comes_is_one_line(text: str) -> None:
    found = sentence(text)
    assert found.isprintable()
    assert "{" not in found
    assert "\\n" not in found


def test_a_hostile_body_is_read_in_no_time() -> None:
    for body in ("{" * 4_000_000, "[" * 4_000_000, '{"error":' * 1_000_000, "b'" * 100_000, "<" * 100_000):
        assert "{" not in sentence(body)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            (
                'litellm.BadRequestError: OpenAIException - {"error": {"message": "{\\"detail\\": \\"Model '
                '\\\\\\"x\\\\\\" not found\\"}", "type": "invalid_request_error"}}'
            ),
            'Model "x" not found',
        ),
        (
            (
                "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center>"
                "<h1>502 Bad Gateway</h1></center><hr><center>nginx/1.24.0</center></body></html>"
            ),
            "502 Bad Gateway",
        ),
        (
            "<!DOCTYPE html><style>p {color: red}</style><body><p>Out of order,<br>&amp; closed",
            "Out of order, & closed",
        ),
        (
            (
                '{"detail":[{"type":"missing","loc":["body","messages"],"msg":"Field required"},'
                '{"type":"int","loc":["body","n",0],"msg":"Input should be a valid integer"}]}'
            ),
            "messages: Field required; n.0: Input should be a valid integer",
        ),
        (
            (
                '{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\\"error\\":'
                '{\\"message\\":\\"context is 4096\\"}}","provider_name":"X"}}}'
            ),
            "Provider returned error: context is 4096",
        ),
        (
            '{"error": {"message": "this form is not served", "param": "response_format"}}',
            "this form is not served (response_format)",
        ),
        ("b'Internal Server Error'", "Internal Server Error"),
        ('{"error": {"message": "The model `x` does not exist", "ty', "The model `x` does not exist"),
        ('{"object": "error", "code": 40303}', "object: error, code: 40303"),
        ("[Errno 111] Connection refused", "[Errno 111] Connection refused"),
        ("expected one of ['a', 'b'], got 'c'", "expected one of a; b, got 'c'"),
        ('first\\nsecond \\"third\\"', 'first second "third"'),
        ("", ""),
    ],
)
def test_errors_as_servers_write_them(text: str, said: str) -> None:
    assert sentence(text) == said


def test_a_failure_says_so_after_its_status() -> None:
    body = '{"error": {"message": "{\\"detail\\": \\"no such model\\"}"}}'
    error = _litellm().BadRequestError(message=f"OpenAIException - {body}", llm_provider="openai", model="m")
    failure = failure_of(error, Call())
    assert isinstance(failure, Permanent)
    assert str(failure) == "400: no such model"
