"""The tokens of fill-in-the-middle prompts, found by how the families spell them.

llama.cpp looks for some spellings when it loads a file; written into the file they are the same
for every reader, and the spellings it does not know are found too.
"""

from collections.abc import Mapping

from kdedge_converters.gguf_values import KeyValue, uint32

_ROLES = {
    "pre": (
        "<|fim_prefix|>", "<fim_prefix>", "<fim-prefix>", "<\uff5cfim\u2581begin\uff5c>",
        "\u2581<PRE>", "<PRE>", "<|code_prefix|>", "<|prefix|>", "<[fim-prefix]>",
    ),
    "suf": (
        "<|fim_suffix|>", "<fim_suffix>", "<fim-suffix>", "<\uff5cfim\u2581hole\uff5c>",
        "\u2581<SUF>", "<SUF>", "<|code_suffix|>", "<|suffix|>", "<[fim-suffix]>",
    ),
    "mid": (
        "<|fim_middle|>", "<fim_middle>", "<fim-middle>", "<\uff5cfim\u2581end\uff5c>",
        "\u2581<MID>", "<MID>", "<|code_middle|>", "<|middle|>", "<[fim-middle]>",
    ),
    "pad": ("<|fim_pad|>", "<fim_pad>", "<fim-pad>", "<PAD>"),
    "rep": (
        "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<repo_name>", "<reponame>",
    ),
    "sep": ("<|file_sep|>", "<file_sep>"),
}  # fmt: skip
_NEEDED = ("pre", "suf", "mid")


def fim_entries(ids: Mapping[str, int]) -> list[KeyValue]:
    """Return the ids of the fill-in-the-middle tokens among ``ids`` (text to id).

    Empty unless there are all three of prefix, suffix and middle, spelt the same way.
    """
    families = zip(*(_ROLES[role] for role in _NEEDED), strict=True)
    spelt = next((each for each in families if all(token in ids for token in each)), None)
    if spelt is None:
        return []
    found = dict(zip(_NEEDED, spelt, strict=True))
    for role in ("pad", "rep", "sep"):
        token = next((each for each in _ROLES[role] if each in ids), None)
        if token is not None:
            found[role] = token
    return [uint32(f"tokenizer.ggml.fim_{role}_token_id", ids[found[role]]) for role in found]
