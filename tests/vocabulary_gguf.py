"""Writes a GGUF file that holds a vocabulary and nothing else, as llama.cpp can load it."""

import struct
from pathlib import Path

from kdedge_converters.gguf_values import encode, text
from kdedge_converters.vocabulary import Vocabulary


def write_vocabulary(path: Path, vocabulary: Vocabulary) -> Path:
    """Return ``path``, where the file is now."""
    # llama.cpp lets tokens swallow the spaces beside them in models of this name only.
    name = "Phi-3" if vocabulary.strips_beside_tokens else "Tiny"
    entries = [text("general.architecture", "llama"), text("general.name", name)]
    entries += vocabulary.key_values
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries))
    path.write_bytes(head + b"".join(map(encode, entries)))
    return path
