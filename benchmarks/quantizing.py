"""kdedge's quantised files beside llama-quantize's: the same bytes, in the same time?

    python benchmarks/quantizing.py MASTER.gguf [--imatrix F] [--types T,T,...] [--pairs N]
        [--tools FOLDER] [--json FILE]

For each type, without and with the imatrix, both make the file from MASTER with the same settings,
in turns (A B B A) and in fresh processes. Every tensor must have the same type and the same bytes,
and every key-value must be equal but for what each writes about its own making. Time is of the
whole command. ``build_llama_tools.py`` makes llama-quantize against the same libraries.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from build_llama_tools import DEFAULT_FOLDER
from gguf import GGUFReader

TYPES = "Q8_0,Q6_K,Q5_K_M,Q5_1,Q5_0,Q4_K_M,Q4_K_S,Q4_1,Q4_0,IQ4_NL,IQ4_XS,Q3_K_M,Q2_K"
NEED_IMATRIX = "IQ3_XXS,IQ2_M,IQ2_XS,Q2_K_S"
OWN_KEYS = ("kdedge.", "quantize.imatrix.", "general.base_model.", "GGUF.")
"""Starts of the keys that say how a file was made, and of the reader's own."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("master", type=Path)
    parser.add_argument("--imatrix", type=Path)
    parser.add_argument("--types", help="default: the main ones")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--to", type=Path, help="folder for the files while they are compared")
    parser.add_argument("--tools", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cases = [(each, None) for each in (options.types or TYPES).split(",")]
    if options.imatrix:
        names = options.types or f"{TYPES},{NEED_IMATRIX}"
        cases += [(each, options.imatrix) for each in names.split(",")]
    rows = []
    with tempfile.TemporaryDirectory(prefix="kdedge-quantizing-", dir=options.to) as folder:
        for file_type, imatrix in cases:
            row = compare(file_type, imatrix, folder=Path(folder), options=options)
            rows.append(row)
            print(text_of(row), flush=True)
    equal = sum(row["equal"] for row in rows)
    ratios = [row["time_ratio"] for row in rows]
    print(f"{equal} of {len(rows)} files are equal; time kdedge / llama-quantize:", end=" ")
    print(f"median {median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")
    sys.exit(0 if equal == len(rows) else 1)


def compare(
    file_type: str, imatrix: Path | None, *, folder: Path, options: argparse.Namespace
) -> dict:
    commands = {
        "kdedge": kdedge(options.master, folder / "kdedge.gguf", file_type, imatrix),
        "llama-quantize": [
            str(options.tools / "llama-quantize"),
            *(["--imatrix", str(imatrix)] if imatrix else []),
            str(options.master),
            str(folder / "llama.gguf"),
            file_type,
        ],
    }
    times: dict[str, list[float]] = {who: [] for who in commands}
    for pair in range(options.pairs):
        order = list(commands) if pair % 2 == 0 else list(reversed(commands))
        for who in order:
            began = perf_counter()
            subprocess.run(commands[who], check=True, capture_output=True)
            times[who].append(perf_counter() - began)
    pairs = zip(times["kdedge"], times["llama-quantize"], strict=True)
    differences = differing(folder / "kdedge.gguf", folder / "llama.gguf")
    return {
        "file_type": file_type,
        "imatrix": imatrix is not None,
        "equal": not differences,
        "differences": differences,
        "time_ratio": median(ours / theirs for ours, theirs in pairs),
        "times_s": times,
    }


def kdedge(master: Path, target: Path, file_type: str, imatrix: Path | None) -> list[str]:
    words = [sys.executable, "-m", "kdedge", "quantize", str(master), str(target)]
    words += ["--type", file_type]
    return words + (["--imatrix", str(imatrix)] if imatrix else [])


def differing(ours: Path, theirs: Path) -> list[str]:
    """Return the names of tensors and key-values that are not the same, or of different order."""
    ours_read, theirs_read = GGUFReader(ours), GGUFReader(theirs)
    found = []
    keys = [values_of(reader) for reader in (ours_read, theirs_read)]
    found += [key for key in sorted(keys[0].keys() | keys[1].keys()) if differ(key, *keys)]
    order = [[tensor.name for tensor in reader.tensors] for reader in (ours_read, theirs_read)]
    if order[0] != order[1]:
        return [*found, "the order of the tensors"]
    for mine, other in zip(ours_read.tensors, theirs_read.tensors, strict=True):
        same_type = mine.tensor_type == other.tensor_type
        if not same_type or mine.data.tobytes() != other.data.tobytes():
            found.append(mine.name)
    readers = ((ours, ours_read), (theirs, theirs_read))
    tails = [path.read_bytes()[reader.data_offset :] for path, reader in readers]
    if tails[0] != tails[1]:
        found.append("the bytes after the metadata")
    return found


def values_of(reader: GGUFReader) -> dict[str, tuple]:
    return {
        key: (tuple(field.types), b"".join(field.parts[place].tobytes() for place in field.data))
        for key, field in reader.fields.items()
        if not key.startswith(OWN_KEYS)
    }


def differ(key: str, ours: dict[str, tuple], theirs: dict[str, tuple]) -> bool:
    return ours.get(key) != theirs.get(key)


def text_of(row: dict) -> str:
    name = row["file_type"] + (" + imatrix" if row["imatrix"] else "")
    verdict = "equal" if row["equal"] else "NOT equal: " + ", ".join(row["differences"][:3])
    ours, theirs = (median(times) for times in row["times_s"].values())
    return f"{name:<18} {verdict}; {ours:.2f} s / {theirs:.2f} s = {row['time_ratio']:.2f}"


if __name__ == "__main__":
    main()
