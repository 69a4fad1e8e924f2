"""The sizes of llama.cpp's buffers, read from its own log."""

import re
from collections import defaultdict

_LINE = re.compile(
    r"(?P<device>\S+)\s+(?P<kind>model|KV|RS|compute|output)\s+buffer size\s*=\s*"
    r"(?P<mib>[\d.]+) MiB"
)
_MIB = 1024**2


def buffer_bytes(log: str) -> dict[str, int]:
    """Return the bytes of each kind of buffer: model, KV, RS, compute, output.

    llama.cpp prints two decimals of a MiB, so each is good to 5 KiB. Several buffers of a kind
    (devices, sliding-window layers) are added up; a repacked model buffer is ``repacked``.
    """
    sizes: defaultdict[str, int] = defaultdict(int)
    for found in _LINE.finditer(log):
        kind = "repacked" if "REPACK" in found["device"] else found["kind"]
        sizes[kind] += round(float(found["mib"]) * _MIB)
    return dict(sizes)
