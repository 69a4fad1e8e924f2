"""What the names of llama.cpp's pre-tokenizers stand for: ``pre_tokenizer`` the other way round.

Some names stand for the same words; they differ in nothing that a tokenizer does.
"""

from kdedge_converters.errors import ConversionError
from kdedge_converters.pre_tokenizer import _NAMES, Steps

_SAME = {
    "starcoder": "smollm", "refact": "smollm", "command-r": "smollm", "codeshell": "smollm",
    "stablelm2": "qwen2", "deepseek-r1-qwen": "qwen2",
    "llama3": "llama-bpe", "llama-v3": "llama-bpe",
    "phi-2": "gpt-2", "jina-es": "gpt-2", "jina-de": "gpt-2", "mpt": "gpt-2", "olmo": "gpt-2",
    "smaug-bpe": "dbrx",
    "pixtral": "tekken",
}  # fmt: skip


def steps_of(name: str) -> tuple[Steps, bool]:
    """Return the steps of the pre-tokenizer ``name``, and whether it takes known words whole.

    Raises:
        ConversionError: It is not known.
    """
    usual = _SAME.get(name, name)
    for steps, names in _NAMES.items():
        for takes_whole_words, each in names.items():
            if each == usual:
                return steps, takes_whole_words
    known = sorted(each for names in _NAMES.values() for each in names.values())
    raise ConversionError(
        f"The file's tokenizer splits texts in the way {name[:40]!r}, which is not known.",
        hint=f"These can be turned back: {', '.join(known)}.",
    )
