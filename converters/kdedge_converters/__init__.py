"""Hugging Face checkpoint to GGUF and back, with numpy alone: no torch, no llama.cpp.

The way through the house::

    checkpoint ──▶ families ──▶ planned tensors ─┐
     (safetensors)  (one table)                  ├──▶ layout ──▶ writer ──▶ OUT.gguf
                    vocabulary ──▶ key-values ───┘

``conversion.plan_conversion`` reads headers, configuration and tokenizer and refuses whatever
could not become the same model; ``conversion.write_conversion`` then reads the weights, one tensor
or one slice at a time. Everything raises ``errors.ConversionError`` and nothing prints.

Adding a family takes under 30 lines, in ``families/mine.py`` and one name in
``families.FAMILIES``::

    MINE = Family(
        architecture="mine",                     # llama.cpp's name; gguf's maps name the tensors
        class_names=("MineForCausalLM",),
        fields={**SIZES, **RMS, "num_key_value_heads": count(), "hidden_act": SILU,
                "tie_word_embeddings": OFF},     # a key that is not here is refused
        read=_read,                              # values that belong together are checked here
        describe=decoder_metadata,               # the entries under "mine."
        rows=_rows,                              # every tensor, its shape, what happens to it
    )

The docstring of ``families`` shows ``_read`` and ``_rows`` too. ``benchmarks/converter_parity.py``
then compares the result with llama.cpp's own converter, byte for byte.
"""
