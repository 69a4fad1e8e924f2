"""Whether a GGUF file computes what its checkpoint computes: same token ids, same logits.

The checkpoint runs in transformers, the file in llama.cpp in a child process, both in single
precision and with nothing that trades exactness for speed. One text is in memory at a time, its
logits in pieces. What the numbers mean and where the gate comes from: docs/conversion.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kdedge.convert.proof_gate import Distance, DistanceMeter, Gate, Proof, gate_of, why_not_met
from kdedge.convert.proof_layers import first_layers, layer_count, layers_to_keep
from kdedge.convert.proof_length import long_text_tokens
from kdedge.convert.proof_pieces import side_by_side
from kdedge.convert.proof_reference import Reference, ReferenceTokenizer, read_config
from kdedge.convert.proof_texts import (
    CHAT,
    FILL_PREFIX,
    FILL_SUFFIX,
    SNIPPETS,
    ProofText,
    long_text,
)
from kdedge.convert.token_parity import measure_token_parity
from kdedge.core.events import Progress, Sink
from kdedge.core.machine import machine_facts
from kdedge.models.header import Header, read_header
from kdedge.runtime.logit_options import LogitOptions
from kdedge.runtime.logit_stream import LogitStream

_PHASE = "proving"
_FILL_KEYS = tuple(f"tokenizer.ggml.fim_{part}_token_id" for part in ("pre", "suf", "mid"))
_ROOM_BYTES = 1024**3
"""For libraries, activations and pieces of logits, beside the weights."""
_MOST_CHARACTERS_PER_TOKEN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterPair:
    """The same LoRA adapter in both forms."""

    directory: Path
    """As peft saved it."""
    gguf_path: Path


def prove(
    checkpoint_dir: Path,
    gguf_path: Path,
    *,
    sink: Sink,
    available_bytes: int | None = None,
    adapter: AdapterPair | None = None,
) -> Proof:
    """Return how far ``gguf_path`` is from the checkpoint, and whether that is near enough.

    Args:
        checkpoint_dir: A Hugging Face checkpoint.
        gguf_path: The same model as GGUF; F32, or the proof measures its rounding too.
        sink: Gets progress, one step a text.
        available_bytes: Memory the proof may use; asked of the machine if not given. When two
            models in single precision do not fit, the first layers alone are compared.
        adapter: Put on both models: merged by peft on one side, by llama.cpp on the other.

    Raises:
        KdedgeError: torch or transformers is missing, or one of the two cannot be loaded.
    """
    sink(Progress(phase=_PHASE, done=0, total=None, detail="token ids"))
    parity = measure_token_parity(checkpoint_dir, gguf_path).share
    header = read_header(gguf_path)
    if available_bytes is None:
        available_bytes = machine_facts().memory_available_bytes
    config = read_config(checkpoint_dir)
    n_layers = layer_count(config)
    if _needed_bytes(header) <= available_bytes or adapter is not None:
        found = _Comparison(checkpoint_dir, gguf_path, adapter=adapter).run(header, sink)
        return _proof(found, parity=parity, gate=gate_of(config), n_layers=n_layers, covers="")
    kept = layers_to_keep(config)
    with first_layers(checkpoint_dir, kept, beside=gguf_path) as short:
        header = read_header(short.gguf_path)
        if _needed_bytes(header) > available_bytes:
            need = _needed_bytes(header) / 1024**3
            reason = f"even {kept} layers in single precision need {need:.1f} GiB of memory"
            return Proof(status="skipped", reason=reason, token_parity=parity)
        found = _Comparison(short.checkpoint_dir, short.gguf_path).run(header, sink)
    covers = f"covers the first {kept} of {n_layers} layers and the head; memory holds no more"
    return _proof(found, parity=parity, gate=gate_of(config), n_layers=kept, covers=covers)


class _Comparison:
    """The two models side by side, text by text."""

    def __init__(
        self, checkpoint_dir: Path, gguf_path: Path, *, adapter: AdapterPair | None = None
    ) -> None:
        self._checkpoint_dir = checkpoint_dir
        self._gguf_path = gguf_path
        self._adapter = adapter
        self._meter = DistanceMeter()
        self.texts: list[ProofText] = []
        self.reference_name = ""

    @property
    def distance(self) -> Distance:
        return self._meter.distance()

    def run(self, header: Header, sink: Sink) -> "_Comparison":
        config = read_config(self._checkpoint_dir)
        tokenizer = ReferenceTokenizer(self._checkpoint_dir)
        length = long_text_tokens(config, n_params=header.n_params)
        short = proof_texts(tokenizer, header, most_tokens=header.context_length or length)
        self.texts = [*short, _long(tokenizer, length)]
        reference = Reference(
            self._checkpoint_dir,
            adapter_dir=None if self._adapter is None else self._adapter.directory,
        )
        self.reference_name = reference.name
        # Some models stretch positions once the context is long: a context as short as its texts.
        self._compare(reference, short, sink)
        self._compare(reference, self.texts[-1:], sink)
        sink(Progress(phase=_PHASE, done=len(self.texts), total=len(self.texts), unit="texts"))
        return self

    def _compare(self, reference: Reference, texts: Sequence[ProofText], sink: Sink) -> None:
        options = LogitOptions(
            context_tokens=max(len(text.tokens) for text in texts),
            cache_type="F32",
            flash_attention="off",
            adapter=None if self._adapter is None else self._adapter.gguf_path,
        )
        with LogitStream() as stream:
            n_vocab = stream.load(self._gguf_path, options=options).n_vocab
            for text in texts:
                done, total = self.texts.index(text), len(self.texts)
                sink(
                    Progress(phase=_PHASE, done=done, total=total, unit="texts", detail=text.kind)
                )
                pieces = side_by_side(stream.logits(text.tokens), reference.logits(text.tokens))
                for logits, exact in pieces:
                    self._meter.add(logits, exact[:, :n_vocab])


def proof_texts(
    tokenizer: ReferenceTokenizer, header: Header, *, most_tokens: int
) -> list[ProofText]:
    """Return the short texts as the checkpoint's tokenizer reads them."""
    found = {kind: tokenizer.tokens(text, begin=True) for kind, text in SNIPPETS.items()}
    marks = [header.metadata.get(key) for key in _FILL_KEYS]
    if all(isinstance(mark, int) for mark in marks):
        before, after, middle = (int(str(mark)) for mark in marks)
        found["fill"] = [
            before,
            *tokenizer.tokens(FILL_PREFIX, begin=False),
            after,
            *tokenizer.tokens(FILL_SUFFIX, begin=False),
            middle,
        ]
    chat = tokenizer.chat(CHAT)
    if chat is not None:
        found["chat"] = tokenizer.tokens(chat, begin=False)
    return [
        ProofText(kind=kind, tokens=tuple(ids[:most_tokens])) for kind, ids in found.items() if ids
    ]


def _long(tokenizer: ReferenceTokenizer, n_tokens: int) -> ProofText:
    text = long_text(_MOST_CHARACTERS_PER_TOKEN * n_tokens)
    return ProofText(kind="long", tokens=tuple(tokenizer.tokens(text, begin=True)[:n_tokens]))


def _needed_bytes(header: Header) -> int:
    return 2 * 4 * header.n_params + _ROOM_BYTES


def _proof(found: _Comparison, *, parity: float, gate: Gate, n_layers: int, covers: str) -> Proof:
    distance = found.distance
    why = why_not_met(distance, gate=gate, token_parity=parity)
    return Proof(
        status="not met" if why else "met",
        reason=why or covers,
        nmse=distance.nmse if math.isfinite(distance.nmse) else None,
        max_nmse=distance.max_nmse if math.isfinite(distance.max_nmse) else None,
        top1_agreement=distance.top1_agreement,
        token_parity=parity,
        n_positions=distance.n_positions,
        n_texts=len(found.texts),
        n_layers=n_layers,
        longest_tokens=max(len(text.tokens) for text in found.texts),
        gate_nmse=gate.nmse,
        gate_max_nmse=gate.max_nmse,
        reference=found.reference_name,
    )
