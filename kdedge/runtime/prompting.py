"""From a ``Prompt`` to token ids: plain text, the file's own chat template, or a gap to fill.

Chat templates are programs from strangers: they run in jinja2's sandbox.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

import llama_cpp.llama_cpp as llama

from kdedge.core.errors import KdedgeError
from kdedge.runtime.model import Model
from kdedge.runtime.options import Prompt, Request

_TURN_END = "\N{SYMBOL FOR END OF TEXT}assistant turn ends\N{SYMBOL FOR END OF TEXT}"

_COMPLETE = "Use a completion preset: --preset evalplus-base/1."
_LEAVE_OUT = "Leave the system message out: some templates know none."


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptTokens:
    """Token ids of a prompt and how many of the first ones other prompts share."""

    tokens: tuple[int, ...]
    n_shared: int
    """Prefilled apart, so that a prompt gives the same bytes whether or not it was shared."""


def request_tokens(model: Model, request: Request, *, context_tokens: int) -> PromptTokens:
    """Return the token ids of what ``request`` asks.

    Raises:
        KdedgeError: It is empty or too long, or the file lacks the tokens or template for it.
    """
    prepared = prompt_tokens(model, request.prompt)
    n = len(prepared.tokens)
    if n >= context_tokens:
        raise KdedgeError(
            f"The prompt of {request.request_id} has {n} tokens, but the context "
            f"holds {context_tokens}, one of them for the answer.",
            hint=f"Use --context {2 * n} or more.",
        )
    if n == 0:
        raise KdedgeError(
            f"The prompt of {request.request_id} is empty.", hint="Give it some text."
        )
    return prepared


def prompt_tokens(model: Model, prompt: Prompt) -> PromptTokens:
    """Return the token ids of ``prompt``.

    Raises:
        KdedgeError: The file has no chat template or no fill-in-the-middle tokens.
    """
    if prompt.kind == "fill":
        return PromptTokens(tokens=tuple(_fill_tokens(model, prompt)), n_shared=0)
    text, shared_text = prompt.text, prompt.text[: prompt.shared_length]
    if prompt.kind == "chat":
        text = render_chat(model, prompt)
        # Only the first message stands at a place that other chats have too.
        start = -1 if prompt.history else text.find(prompt.text)
        shared_text = text[: start + prompt.shared_length] if start >= 0 else ""
    tokens = _tokens_with_one_bos(model, text, special=prompt.kind == "chat")
    shared = _tokens_with_one_bos(model, shared_text, special=prompt.kind == "chat")
    # The last shared token may merge with what follows: leave it to the prompt itself.
    n_shared = _common_prefix_length(tokens[:-1], shared[:-1])
    return PromptTokens(tokens=tuple(tokens), n_shared=n_shared if n_shared > 1 else 0)


def render_chat(model: Model, prompt: Prompt) -> str:
    """Return the chat as the file's template writes it, the assistant's turn left open.

    Raises:
        KdedgeError: The file has no chat template, or the template fails.
    """
    source = model.metadata("tokenizer.chat_template")
    if not source:
        raise KdedgeError(
            f"{model.path.name} has no chat template, so it cannot be asked as a chat.",
            hint=_COMPLETE,
        )
    messages = [{"role": turn.role, "content": turn.content} for turn in prompt.history]
    messages.append({"role": "user", "content": prompt.text})
    if prompt.assistant_prefill:
        messages.append({"role": "assistant", "content": prompt.assistant_prefill + _TURN_END})
    rendered = _run_template(model, source, messages, open_turn=not prompt.assistant_prefill)
    return rendered.split(_TURN_END)[0]


def _run_template(
    model: Model, source: str, messages: list[dict[str, str]], *, open_turn: bool
) -> str:
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = _refuse_messages
    environment.globals["strftime_now"] = _today
    vocabulary = model.vocabulary
    try:
        return environment.from_string(source).render(
            messages=messages,
            add_generation_prompt=open_turn,
            bos_token=model.control_text(llama.llama_vocab_bos(vocabulary)),
            eos_token=model.control_text(llama.llama_vocab_eos(vocabulary)),
        )
    except (TemplateError, TypeError, ValueError, RecursionError) as error:
        raise KdedgeError(
            f"The chat template of {model.path.name} fails: {error}.",
            hint=_LEAVE_OUT if messages[0]["role"] == "system" else _COMPLETE,
        ) from error


def _refuse_messages(reason: str) -> NoReturn:
    raise ValueError(reason)


def _today(pattern: str) -> str:
    return datetime.now(UTC).strftime(pattern)


def _tokens_with_one_bos(model: Model, text: str, *, special: bool) -> list[int]:
    tokens = model.tokenize(text, special=special, add_bos=True)
    bos = llama.llama_vocab_bos(model.vocabulary)
    # Some templates write the BOS token themselves; twice is not what the model was trained on.
    return tokens[1:] if tokens[:2] == [bos, bos] else tokens


def _fill_tokens(model: Model, prompt: Prompt) -> list[int]:
    ids = model.fim_tokens()
    if ids is None:
        raise KdedgeError(
            f"{model.path.name} has no fill-in-the-middle tokens.",
            hint="Use a code model trained for it, such as Qwen2.5-Coder.",
        )
    prefix_id, suffix_id, middle_id = ids
    start = model.tokenize("", special=False, add_bos=True)
    before = model.tokenize(prompt.text, special=False, add_bos=False)
    after = model.tokenize(prompt.suffix, special=False, add_bos=False)
    return [*start, prefix_id, *before, suffix_id, *after, middle_id]


def _common_prefix_length(left: list[int], right: list[int]) -> int:
    n = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        n += 1
    return n
