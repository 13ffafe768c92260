"""What of a reply is meant to be read: the text behind thinking, without the marks of chat templates."""

from __future__ import annotations

import re

_THINKING = r"think|thinking|thoughts?|reasoning|reflection|analysis|scratchpad"
_THINKING_ENDS = re.compile(rf"</(?:{_THINKING})>|\[/think\]|◁/think▷", re.IGNORECASE)
_THINKING_BEGINS = re.compile(rf"<(?:{_THINKING})>|\[think\]|◁think▷", re.IGNORECASE)
_FINAL = re.compile(r"<\|channel\|>\s*final\b[^<]*<\|message\|>")
_OTHER_CHANNEL = re.compile(r"<\|channel\|>\s*(?!final\b)\w+")
_TURN_BEGINS = re.compile(r"\s*(?:<\|im_start\|>|<\|start_header_id\|>|<start_of_turn>|<\|start\|>)")
_TURN_ENDS = re.compile(
    r"<\|(?:im_end|im_start|eot_id|eom_id|end|return|endoftext|end_of_text|start_header_id|start|user|assistant)\|>"
    r"|</s>|<eos>|<end_of_turn>|<start_of_turn>|\[/INST\]"
)


def visible(text: str) -> tuple[str, int]:
    """Return what is written behind the model's thinking, up to the end of its turn, and where it begins.

    Thinking that never ends leaves nothing, and so does a channel of analysis without a final one.
    """
    start = max((found.end() for found in _THINKING_ENDS.finditer(text)), default=0)
    if final := list(_FINAL.finditer(text, start)):
        start = final[-1].end()
    elif _OTHER_CHANNEL.search(text, start):
        return "", len(text)
    elif header := _TURN_BEGINS.match(text, start):
        start = header.end()
    stop = len(text)
    for ending in (_THINKING_BEGINS, _TURN_ENDS):
        found = ending.search(text, start, stop)
        # a mark that precedes the text ends nothing
        if found and (ending is _THINKING_BEGINS or text[start : found.start()].strip()):
            stop = found.start()
    return text[start:stop], start
