"""Keys of ``config.json`` that do not change what a causal language model computes."""

HARMLESS_ENDINGS = ("_dropout", "_pdrop", "_token_id", "_dropout_prob")
HARMLESS_BEGINNINGS = ("transformers.js", "unsloth", "_name_or_path", "_model_name_or_path")
_SOFTWARE = frozenset({
    "architectures", "auto_map", "dtype", "torch_dtype", "transformers_version", "model_type",
    "use_cache", "cache_implementation", "gradient_checkpointing", "use_flash_attention",
    "attn_implementation", "_attn_implementation", "_attn_implementation_internal",
    "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "reorder_and_upcast_attn",
    "pretraining_tp", "initializer_range", "tokenizer_class", "torchscript", "use_bfloat16",
    "return_dict", "output_hidden_states", "output_attentions", "chunk_size_feed_forward",
    "_attn_implementation_autoset", "is_decoder", "neftune_noise_alpha", "_commit_hash",
    "keys_to_ignore_at_inference", "is_llama_config", "max_window_layers",
    "inference_runner", "validate_runner_input", "pad_key_length", "pre_allocate_kv_cache",
    "max_batch_size", "max_sequence_length",
})  # fmt: skip
"""Which software wrote the checkpoint, and how it loads and trains it. ``max_window_layers``
means nothing while no window is used, and a window is looked at on its own."""
_OTHER_TASKS = frozenset({
    "task_specific_params", "problem_type", "id2label", "label2id", "num_labels", "_num_labels",
    "finetuning_task", "prefix", "summary_type", "summary_use_proj", "summary_activation",
    "summary_proj_to_labels", "summary_first_dropout",
})  # fmt: skip
_SAMPLING = frozenset({
    "max_length", "max_new_tokens", "min_length", "do_sample", "early_stopping", "num_beams",
    "num_beam_groups",
    "diversity_penalty", "temperature", "top_k", "top_p", "typical_p", "repetition_penalty",
    "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "bad_words_ids",
    "num_return_sequences", "output_scores", "return_dict_in_generate", "remove_invalid_values",
    "exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens",
})  # fmt: skip
HARMLESS = _SOFTWARE | _OTHER_TASKS | _SAMPLING
