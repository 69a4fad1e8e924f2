"""Small random models that llama.cpp really runs, with a vocabulary of bytes."""

from pathlib import Path

import numpy as np
from gguf import GGUFWriter

WIDTH, HIDDEN, HEADS, LAYERS = 64, 96, 2, 2
N_EXPERTS, N_EXPERTS_USED = 4, 2
CONTEXT = 256
EPSILON = 1e-5
END_TOKEN = 11
"""The end of a text, where a file names none: llama.cpp's own choice for such a vocabulary."""
TEMPLATE = (
    "{% for message in messages %}<{{ message.role }}>{{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
"""A chat template that tells plainly what it was given."""


def byte_tokens() -> list[str]:
    """Return the 256 tokens of a byte-level vocabulary, and one that is merged of two."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    names = {byte: chr(byte) for byte in shown}
    names |= {byte: chr(256 + place) for place, byte in enumerate(hidden)}
    return [*(names[byte] for byte in range(256)), "th"]


def weights(*, seed: int = 0, experts: bool = False) -> dict[str, np.ndarray]:
    """Return the tensors of a llama model by GGUF name, in numpy's order of axes."""
    chance = np.random.default_rng(seed)

    def random(*shape: int) -> np.ndarray:
        return (chance.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)

    n_vocab = len(byte_tokens())
    tensors = {
        "token_embd.weight": random(n_vocab, WIDTH) * 3,
        "output_norm.weight": 1 + random(WIDTH),
        "output.weight": random(n_vocab, WIDTH) * 3,
    }
    stack = (N_EXPERTS,) if experts else ()
    suffix = "_exps" if experts else ""
    for layer in range(LAYERS):
        block = {
            "attn_norm": 1 + random(WIDTH),
            "attn_q": random(WIDTH, WIDTH),
            "attn_k": random(WIDTH, WIDTH),
            "attn_v": random(WIDTH, WIDTH),
            "attn_output": random(WIDTH, WIDTH),
            "ffn_norm": 1 + random(WIDTH),
            f"ffn_gate{suffix}": random(*stack, HIDDEN, WIDTH),
            f"ffn_up{suffix}": random(*stack, HIDDEN, WIDTH),
            f"ffn_down{suffix}": random(*stack, WIDTH, HIDDEN),
        }
        if experts:
            block["ffn_gate_inp"] = random(N_EXPERTS, WIDTH)
        tensors |= {f"blk.{layer}.{name}.weight": values for name, values in block.items()}
    return tensors


def endless_weights(*, seed: int = 0) -> dict[str, np.ndarray]:
    """Return ``weights`` of a model that never ends a text by itself."""
    tensors = weights(seed=seed)
    tensors["output.weight"][END_TOKEN] = 0
    return tensors


def write_model(
    path: Path,
    tensors: dict[str, np.ndarray],
    *,
    add_bos: bool = False,
    tokens: list[str] | None = None,
    chat_template: str = "",
    fim_tokens: tuple[int, int, int] | None = None,
) -> Path:
    """Write ``tensors`` as an F32 llama model and return its path."""
    writer = GGUFWriter(str(path), "llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_file_type(0)
    if "blk.0.ffn_gate_inp.weight" in tensors:
        writer.add_expert_count(N_EXPERTS)
        writer.add_expert_used_count(N_EXPERTS_USED)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens or byte_tokens())
    writer.add_token_types([1] * len(byte_tokens()))
    writer.add_token_merges(["t h"])
    writer.add_bos_token_id(0)
    writer.add_add_bos_token(add_bos)
    if chat_template:
        writer.add_chat_template(chat_template)
    for name, token in zip(("pre", "suf", "mid"), fim_tokens or (), strict=False):
        writer.add_uint32(f"tokenizer.ggml.fim_{name}_token_id", token)
    for name, values in tensors.items():
        writer.add_tensor(name, np.ascontiguousarray(values, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
