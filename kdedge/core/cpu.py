"""The processor: its name, and the features that decide how fast llama.cpp runs on it."""

import platform
from pathlib import Path

_FEATURES = (
    "sse3", "ssse3", "avx", "avx_vnni", "avx2", "f16c", "fma", "bmi2", "avx512f", "avx512bw",
    "avx512_vbmi", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16",
    "asimd", "asimdhp", "asimddp", "i8mm", "bf16", "sve", "sve2", "sme",
)  # fmt: skip
"""Linux's names of what ggml has kernels for, on x86 and Arm."""
_OTHER_NAMES = {"pni": "sse3", "avx512vbmi": "avx512_vbmi"}
_NAME_KEYS = ("model name", "Hardware", "cpu model", "Model")


def cpu_model(*, proc: Path = Path("/proc")) -> str:
    """Return what the processor calls itself, or at least its architecture."""
    facts = _cpuinfo(proc)
    stated = next((facts[key] for key in _NAME_KEYS if facts.get(key)), None)
    return stated or platform.processor() or platform.machine() or "unknown"


def cpu_features(*, proc: Path = Path("/proc")) -> tuple[str, ...]:
    """Return the features ggml has kernels for; empty where the system does not tell."""
    facts = _cpuinfo(proc)
    flags = f"{facts.get('flags', '')} {facts.get('Features', '')}".split()
    stated = {_OTHER_NAMES.get(flag, flag) for flag in flags}
    return tuple(feature for feature in _FEATURES if feature in stated)


def governor(*, system: Path = Path("/sys/devices/system/cpu")) -> str | None:
    """Return the rule that sets the clock, such as ``powersave``; ``None`` when not shown."""
    stated = set()
    for path in sorted(system.glob("cpu[0-9]*/cpufreq/scaling_governor")):
        try:
            stated.add(path.read_text(encoding="ascii", errors="replace").strip())
        except OSError:
            continue
    return "+".join(sorted(stated)) or None


def _cpuinfo(proc: Path) -> dict[str, str]:
    try:
        text = (proc / "cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    facts: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon:
            facts.setdefault(key.strip(), value.strip())
    return facts
