"""Models and runs for tests of the app's tables."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from kdedge.core.run_summaries import RunSummary
from kdedge.models.footprint import ContextLayout, Footprint
from kdedge.models.summary import ModelSummary, TensorGroup
from kdedge_gui.library import ModelEntry

MIB = 1024**2
GIB = 1024**3

FOOTPRINT = Footprint(
    weights_bytes=900 * MIB,
    kv_cache_bytes=90 * MIB,
    compute_bytes=20 * MIB,
    output_bytes=0,
    repacked_bytes=0,
    base_bytes=14 * MIB,
    anon_bytes=124 * MIB,
    needs_bytes=GIB,
    available_bytes=8 * GIB,
    fit="fits",
    short_by_bytes=0,
)

SUMMARY = ModelSummary(
    path="/models/coder.gguf",
    name="Coder",
    architecture="qwen2",
    n_params=1_540_000_000,
    file_bytes=GIB,
    file_type="Q4_K_M",
    bits_per_weight=4.85,
    context_length=32_768,
    n_vocab=151_936,
    has_chat_template=True,
    has_fim=True,
    tensors=(
        TensorGroup(quant_type="Q4_K", n_tensors=168, n_bytes=750 * MIB),
        TensorGroup(quant_type="F32", n_tensors=100, n_bytes=250 * MIB),
    ),
    kv_bytes_per_token=28 * 1024,
    layout=ContextLayout(n_ctx_per_sequence=4096),
    prediction=FOOTPRINT,
    unpredictable=None,
)


def entry(name: str = "coder", **changes: Any) -> ModelEntry:
    path = Path(f"/models/{name}.gguf")
    made = ModelEntry(
        name=name,
        path=path,
        origin="added",
        file_bytes=GIB,
        summary=replace(SUMMARY, path=str(path)),
    )
    return replace(made, **changes)


def run(run_id: str = "20261124-1200-pr-0001", **changes: Any) -> RunSummary:
    made = RunSummary(
        run_id=run_id,
        verb="profile",
        status="done",
        created_at="2026-11-24T12:00:00.000+00:00",
        updated_at="2026-11-24T12:02:00.000+00:00",
        model_name="Coder",
        model_path="/models/coder.gguf",
        model_sha256="ab" * 32,
        file_type="Q4_K_M",
        suite=None,
        n_problems=None,
        n_samples=None,
        preset=None,
        pass_at_1=None,
        pass_at_1_ci95=None,
        decode_tokens_per_s=24.1,
        prefill_tokens_per_s=95.0,
        ttft_s=0.6,
        peak_rss_bytes=GIB,
        anon_bytes=200 * MIB,
        predicted_anon_bytes=210 * MIB,
        noise_verdict="clean",
        n_completions_done=None,
        n_wanted=None,
    )
    return replace(made, **changes)
