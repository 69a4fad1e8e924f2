"""Stands for ``kdedge`` in tests of Convert: plans, files and numbers recorded from the real one.

``FAKE_CONVERT`` says how it behaves: ``hang`` waits in the middle of a quantisation, ``fail``
fails there, ``unproven`` meets no proof.
"""

import json
import os
import signal
import sys
from pathlib import Path

_RECORDED = Path(__file__).parents[4] / "gui/kdedge_gui/shots/recorded/convert"


def main() -> int:
    words = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    behaviour = os.environ.get("FAKE_CONVERT", "")
    act = globals()[f"_{words[0]}"]
    code, document = act(words, behaviour)
    if document is not None and "--json" in words:
        Path(words[words.index("--json") + 1]).write_text(json.dumps(document))
    return code


def _convert(words: list[str], behaviour: str) -> tuple[int, dict[str, object] | None]:
    if not (Path(words[1]) / "config.json").is_file():
        _say(event="failed", problem="There is no file config.json.", hint="Fetch it again.")
        return 1, None
    if "--plan" in words:
        return 0, _read("convert-1-plan.json")
    document = _read("convert-2-proof.json")
    target = Path(words[words.index("-o") + 1])
    _say(event="progress", phase="converting", done=1, total=272, unit="tensors", detail="a")
    if behaviour == "unproven":
        document["path"] = None
        document["proof"].update(status="not met", reason="the logits differ")
        _say(event="failed", problem="It was not written.", hint="Please report it.")
        return 3, document
    target.write_bytes(b"GGUF")
    document["path"] = str(target)
    return 0, document


def _quantize(words: list[str], behaviour: str) -> tuple[int, dict[str, object] | None]:
    if "--plan" in words:
        return 0, _read("quantize-0-types.json")
    _say(
        event="progress", phase="to Q8_0", done=1, total=2, unit="tensors", detail="output.weight"
    )
    if behaviour == "hang":
        signal.pause()
    if behaviour == "fail":
        _say(event="failed", problem="The disk is full.", hint="Make room.")
        return 1, None
    target = Path(words[2])
    chosen = "--type" not in words
    name = "4-choice" if chosen else f"1-{words[words.index('--type') + 1]}"
    path = _RECORDED / f"quantize-{name}.json"
    document = _read(path.name if path.exists() else "quantize-3-Q4_0.json")
    target.write_bytes(b"GGUF")
    document["path"] = str(target)
    return 0, document


def _imatrix(words: list[str], behaviour: str) -> tuple[int, dict[str, object] | None]:
    Path(words[words.index("-o") + 1]).write_bytes(b"GGUF")
    return 0, {"schema": "kdedge.imatrix/1"}


def _divergence(words: list[str], behaviour: str) -> tuple[int, dict[str, object] | None]:
    document = _read("divergence.json")
    others = [each for each in words[2:] if each.endswith(".gguf")]
    for found, path in zip(document["divergences"], others, strict=False):
        found["model"]["path"] = path
    document["divergences"] = document["divergences"][: len(others)]
    return 0, document


def _report(words: list[str], behaviour: str) -> tuple[int, dict[str, object] | None]:
    json.loads(Path(words[1]).read_text())
    Path(words[words.index("-o") + 1]).write_text("<html>")
    return 0, None


def _read(name: str) -> dict:
    return json.loads((_RECORDED / name).read_text())


def _say(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
