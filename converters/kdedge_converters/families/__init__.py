"""The families of models that can be converted.

To add one, write a module like its neighbours and name its ``Family`` in ``FAMILIES``::

    def _read(values, config):                  # refuse what llama.cpp computes otherwise
        rope = read_rope(config, kinds=("default",), context=values["max_position_embeddings"])
        settings = Settings(values=values, rope=rope)
        check_heads(settings, is_free=False)
        return settings

    def _rows(settings):                        # every tensor of the checkpoint
        yield from two_norms(settings)
        yield from attention(settings, qkv_bias=True)
        yield from gated_mlp(settings)

    MINE = Family(
        architecture="mine",                    # llama.cpp's name; gguf names the tensors
        class_names=("MineForCausalLM",),
        fields={**SIZES, **RMS, "num_key_value_heads": count(), "hidden_act": SILU,
                "tie_word_embeddings": OFF},    # any other key is refused
        read=_read,
        describe=decoder_metadata,
        rows=_rows,
    )

What belongs in ``fields`` stands in transformers' configuration class; which values llama.cpp
computes stands in its ``src/models/mine.cpp``. Then add the family to
``benchmarks/converter_parity.py`` and compare it with llama.cpp's own converter.
"""

from collections.abc import Mapping
from typing import Any

from kdedge_converters.errors import ConversionError
from kdedge_converters.families.gemma3 import GEMMA3
from kdedge_converters.families.gpt import GPT2, GPT_BIGCODE
from kdedge_converters.families.llama import GRANITE, LLAMA, MISTRAL, SMOLLM3
from kdedge_converters.families.phi3 import PHI3
from kdedge_converters.families.qwen import QWEN2, QWEN3
from kdedge_converters.families.stablelm import STABLELM
from kdedge_converters.families.starcoder2 import STARCODER2
from kdedge_converters.family import Family

FAMILIES: tuple[Family, ...] = (
    LLAMA,
    MISTRAL,
    QWEN2,
    QWEN3,
    STARCODER2,
    GEMMA3,
    PHI3,
    GRANITE,
    GPT2,
    STABLELM,
    SMOLLM3,
    GPT_BIGCODE,
)


def find_family(config: Mapping[str, Any]) -> Family:
    """Return the family of the model that ``config`` describes.

    Raises:
        ConversionError: It is none of those that can be converted.
    """
    names = config.get("architectures")
    name = names[0] if isinstance(names, list) and len(names) == 1 else None
    family = next((each for each in FAMILIES if name in each.class_names), None)
    if family is not None:
        return family
    known = ", ".join(sorted(name for each in FAMILIES for name in each.class_names))
    told = "names no architecture" if not names else f"has the architecture {str(names)[:80]}"
    raise ConversionError(
        f"config.json {told}, which cannot be converted.", hint=f"These can: {known}."
    )
