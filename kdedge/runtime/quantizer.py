"""The child that calls llama.cpp's quantiser: ``python -m kdedge.runtime.quantizer IN OUT TYPE``.

The quantiser may abort the process, so it gets one of its own; its log goes to stdout.
"""

import sys

import llama_cpp.llama_cpp as llama

FILE_TYPES = {
    "F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8, "Q5_1": 9, "Q2_K": 10,
    "Q3_K_S": 11, "Q3_K_M": 12, "Q3_K_L": 13, "Q4_K_S": 14, "Q4_K_M": 15, "Q5_K_S": 16,
    "Q5_K_M": 17, "Q6_K": 18, "IQ4_NL": 25, "IQ4_XS": 30, "BF16": 32,
}  # fmt: skip
"""llama.cpp's number of each mix of a whole file (``enum llama_ftype``)."""


def main() -> int:
    """Quantise and return the exit code: 0, or 1 when llama.cpp refused."""
    source, target, file_type, requantize = sys.argv[1:]
    parameters = llama.llama_model_quantize_default_params()
    parameters.ftype = FILE_TYPES[file_type]
    parameters.allow_requantize = requantize == "requantize"
    llama.llama_backend_init()
    code: int = llama.llama_model_quantize(source.encode(), target.encode(), parameters)
    return code


if __name__ == "__main__":
    sys.exit(main())
