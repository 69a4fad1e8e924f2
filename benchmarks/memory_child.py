"""Load a model, decode full batches, and tell how much anonymous memory each step took.

A process of its own, started by ``memory_prediction.py`` with one JSON object on stdin. It does
what the engine does (one KV stream a sequence, one batch = one ubatch) in as little Python as
possible, and may ask for the logits of every row, which the engine never does.
"""

import ctypes
import json
import re
import sys
from pathlib import Path

from kdedge.runtime.lean_import import import_bindings_only

import_bindings_only()

import llama_cpp.llama_cpp as llama  # noqa: E402 - the line above decides how it is imported

KEEP = re.compile(r"buffer size|KV buffer|size = .*cells")
LINES: list[str] = []


def anon_bytes() -> int:
    """Return this process's anonymous memory."""
    text = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    found = re.search(r"^Anonymous:\s+(\d+) kB", text, re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def keep(level: int, text: bytes, user_data: object) -> None:
    line = text.decode("utf-8", "replace")
    if KEEP.search(line):
        LINES.append(line.strip())


CALLBACK = llama.llama_log_callback(keep)


def main() -> None:
    job = json.load(sys.stdin)
    marks = {"start": anon_bytes()}
    llama.llama_log_set(CALLBACK, ctypes.c_void_p(0))
    llama.llama_backend_init()
    marks["backend"] = anon_bytes()
    model_parameters = llama.llama_model_default_params()
    model_parameters.n_gpu_layers = 0
    model = llama.llama_model_load_from_file(job["path"].encode(), model_parameters)
    assert model, LINES
    marks["model"] = anon_bytes()
    context = new_context(model, job)
    marks["context"] = anon_bytes()
    batch = llama.llama_batch_init(job["n_ubatch"], 0, 1)
    for chunk in range(job["n_chunks"]):
        position = chunk * job["n_ubatch"]
        rows = [(0, position + row) for row in range(job["n_ubatch"])]
        decode(context, batch, rows, logits=job["all_logits"])
    marks["prefill"] = anon_bytes()
    rows = [(stream, job["n_chunks"] * job["n_ubatch"]) for stream in range(job["n_sequences"])]
    for step in range(4):
        decode(
            context, batch, [(stream, position + step) for stream, position in rows], logits=True
        )
    marks["decode"] = anon_bytes()
    print(json.dumps({"marks": marks, "log": LINES}))


def new_context(model: object, job: dict[str, object]) -> object:
    parameters = llama.llama_context_default_params()
    parameters.n_ctx = job["n_ctx_per_sequence"] * job["n_sequences"]
    parameters.n_batch = parameters.n_ubatch = job["n_ubatch"]
    parameters.n_seq_max = job["n_sequences"]
    parameters.kv_unified = False
    parameters.swa_full = job["full_window"]
    parameters.n_threads = parameters.n_threads_batch = 2
    parameters.type_k = job["type_k"]
    parameters.type_v = job["type_v"]
    parameters.flash_attn_type = job["flash_attn"]
    context = llama.llama_init_from_model(model, parameters)
    assert context, LINES
    return context


def decode(context: object, batch: object, rows: list[tuple[int, int]], *, logits: bool) -> None:
    for index, (stream, position) in enumerate(rows):
        batch.token[index] = 100 + index
        batch.pos[index] = position
        batch.n_seq_id[index] = 1
        batch.seq_id[index][0] = stream
        batch.logits[index] = logits
    batch.n_tokens = len(rows)
    assert llama.llama_decode(context, batch) == 0
    llama.llama_synchronize(context)


if __name__ == "__main__":
    main()
