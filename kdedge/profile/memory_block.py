"""A document's ``memory``: measured, predicted, and what the profile itself added."""

from kdedge.core.json_value import Json
from kdedge.profile.recorder import Value

NO_ANON = "this system does not split a process' memory into its own and that of files"
NO_MAPPING = "this system does not tell which pages of the model file are in memory"
NO_VRAM = "not measured in this version; llama.cpp's own buffer sizes are in `buffers`"


def memory_block(measured: Value, *, predicted: Json, file_bytes: int) -> dict[str, Json]:
    """Return the ``memory`` object.

    Args:
        measured: The marks of the memory repetition, and llama.cpp's buffers.
        predicted: What was said before loading.
        file_bytes: Size of the model file.
    """
    marks, buffers = measured["marks"], measured["buffers"]
    first, last = marks[0], marks[-1]
    anon = _highest(marks, "anon_bytes")
    own = first["now"].get("anon_bytes")
    resident = last["weights_resident_bytes"]
    kv = buffers.get("KV", 0) + buffers.get("RS", 0)
    return {
        "peak_rss_bytes": _highest(marks, "peak_rss_bytes"),
        "anon_bytes": anon,
        "anon_reason": None if anon is not None else NO_ANON,
        "own_bytes": own,
        "own_rss_bytes": first["now"].get("rss_bytes"),
        "added_bytes": measured["added_bytes"],
        "added_definition": "all processes of the profile together, before the model is loaded",
        "model_anon_bytes": None if anon is None or own is None else anon - own,
        "weights_resident_bytes": resident,
        "weights_reason": None if resident is not None else NO_MAPPING,
        "swap_bytes": _highest(marks, "swap_bytes"),
        "kv_cache_bytes": kv or None,
        "kv_cache_reason": None if kv else "llama.cpp's log names no cache",
        "needs_bytes": None if anon is None else anon + file_bytes,
        "peak_vram_bytes": None,
        "vram_reason": NO_VRAM,
        "buffers": buffers,
        "source": {"process": first["source"], "buffers": "llama.cpp's log, to 0.01 MiB"},
        "predicted": predicted,
        "marks": marks,
    }


def _highest(marks: list[Value], key: str) -> int | None:
    values = [mark["highest"][key] for mark in marks if key in mark["highest"]]
    return max(values) if values else None
