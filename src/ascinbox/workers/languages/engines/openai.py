"""Chat engines that speak OpenAI's API: OpenAI, Ollama, llama.cpp, vLLM, LM Studio and their like.

`POST {url}/chat/completions` with model, messages, temperature, max_tokens and stream; a streamed answer is a
list of server-sent events (https://platform.openai.com/docs/api-reference/chat).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ascinbox.core.assist.answers import (
    MOST_CHARACTERS,
    EngineTrouble,
    chat_delta,
    chat_text,
    translation_of,
    unreadable,
)
from ascinbox.core.assist.choice import EngineChoice
from ascinbox.core.assist.outgoing import DraftRequest, Messages, TitledText, draft_chat, translation_chat
from ascinbox.core.secret import Secret
from ascinbox.workers.languages.engines.base import TimeLimit
from ascinbox.workers.languages.engines.exchange import EngineAnswer, parsed, whole_answer

PATH = "/chat/completions"
MOST_TOKENS = 4_096


class OpenAIEngine:
    """See `Engine`."""

    def __init__(self, choice: EngineChoice, key: Callable[[], Secret | None]) -> None:
        self._choice = choice
        self._key = key

    def translate(self, piece: TitledText, source: str | None, to: str, patience: TimeLimit) -> TitledText:
        """See `Engine`. The answer's JSON is taken apart; any other answer is the body."""
        del source
        body = self._body(translation_chat(piece, to), stream=False)
        return translation_of(chat_text(whole_answer(self._choice, PATH, body, self._key(), patience)))

    def draft(self, request: DraftRequest, patience: TimeLimit, heard: Callable[[str], None]) -> str:
        """See `Engine`."""
        body = self._body(draft_chat(request), stream=True)
        answer = EngineAnswer(self._choice, PATH, body, self._key(), patience)
        text = ""
        try:
            for words in _spoken(answer.chunks()):
                text += words
                heard(text)
                if len(text) > MOST_CHARACTERS:
                    break
        except EngineTrouble:
            if not text.strip():
                raise
        finally:
            answer.close()
        if not text.strip():
            raise unreadable()
        return text

    def _body(self, messages: Messages, *, stream: bool) -> dict[str, Any]:
        return {
            "model": self._choice.model,
            "messages": messages,
            "temperature": 0.3 if stream else 0,
            "max_tokens": MOST_TOKENS,
            "stream": stream,
        }


def _spoken(chunks: Iterator[bytes]) -> Iterator[str]:
    """The words in a streamed answer, or all of one that came whole."""
    waiting = b""
    is_stream: bool | None = None
    for chunk in chunks:
        waiting += chunk
        if is_stream is None and waiting.strip():
            is_stream = not waiting.lstrip().startswith((b"{", b"["))
        if not is_stream:
            continue
        *lines, waiting = waiting.split(b"\n")
        for line in lines:
            words = chat_delta(line.decode("utf-8", "replace").rstrip("\r"))
            if words is None:
                return
            if words:
                yield words
    rest = waiting.decode("utf-8", "replace")
    if is_stream:
        yield chat_delta(rest) or ""
    elif rest.strip():
        yield chat_text(parsed(rest))
