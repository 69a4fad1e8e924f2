"""Prints as JSON what llama.cpp's converter writes about tokens; its sources are on the path.

    PYTHONPATH=SOURCES/gguf-py:SOURCES python -P benchmarks/upstream_vocabulary.py DIR OUT [PRE]

PRE stands in for the name of the pre-tokenizer, which upstream knows for published models only.
"""

import json
import sys
from pathlib import Path

import conversion
import gguf
from conversion.base import ModelBase, TextModel


def main() -> None:
    directory = Path(sys.argv[1])
    if len(sys.argv) > 3:
        TextModel.get_vocab_base_pre = lambda self, tokenizer: sys.argv[3]
    config = ModelBase.load_hparams(directory, is_mistral_format=False)
    family = conversion.get_model_class(config["architectures"][0])
    unused = Path(sys.argv[2]).with_suffix(".gguf")
    model = family(directory, gguf.LlamaFileType.ALL_F32, unused, hparams=config)
    model.set_vocab()
    found = {}
    for entries in model.gguf_writer.kv_data:
        for key, entry in entries.items():
            if key.startswith("tokenizer."):
                found[key] = plain(entry.value)
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")


def plain(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value.decode() if isinstance(value, (bytes, bytearray)) else value


if __name__ == "__main__":
    main()
