"""The child that calls llama.cpp's quantiser; its order is one JSON argument.

The quantiser may abort the process, so it gets one of its own; its log goes to its output.
"""

import json
import sys
from typing import Any

import llama_cpp.llama_cpp as llama

FILE_TYPES = {
    "F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8, "Q5_1": 9, "Q2_K": 10,
    "Q3_K_S": 11, "Q3_K_M": 12, "Q3_K_L": 13, "Q4_K_S": 14, "Q4_K_M": 15, "Q5_K_S": 16,
    "Q5_K_M": 17, "Q6_K": 18, "IQ4_NL": 25, "IQ4_XS": 30, "BF16": 32,
}  # fmt: skip
"""llama.cpp's number of each mix of a whole file (``enum llama_ftype``)."""


def main() -> int:
    """Quantise and return the exit code: 0, or 1 when llama.cpp refused."""
    order = json.loads(sys.argv[1])
    parameters = llama.llama_model_quantize_default_params()
    parameters.ftype = FILE_TYPES[order["file_type"]]
    parameters.allow_requantize = order["requantize"]
    lineage = _key_values(order["lineage"])
    parameters.kv_overrides = lineage
    llama.llama_backend_init()
    source, target = order["source"].encode(), order["target"].encode()
    code: int = llama.llama_model_quantize(source, target, parameters)
    return code


def _key_values(lineage: dict[str, str]) -> Any:
    """Return ``lineage`` as llama.cpp wants it: an array that ends with an empty key."""
    array: Any = (llama.llama_model_kv_override * (len(lineage) + 1))()
    for place, (key, text) in enumerate(lineage.items()):
        array[place].tag = llama.LLAMA_KV_OVERRIDE_TYPE_STR
        array[place].key = key.encode()
        array[place].value.val_str = text.encode()[:127]
    return array


if __name__ == "__main__":
    sys.exit(main())
