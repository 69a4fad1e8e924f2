from kdedge.profile.buffer_sizes import buffer_bytes

MIB = 1024**2
LOG = """load_tensors:   CPU_Mapped model buffer size =    92.10 MiB
load_tensors:   CPU_REPACK model buffer size =    54.00 MiB
llama_context:        CPU  output buffer size =     0.19 MiB
llama_kv_cache:        CPU KV buffer size =    90.00 MiB
llama_kv_cache: size =   90.00 MiB (  4096 cells,  30 layers,  1/1 seqs), K (f16):   45.00 MiB
llama_kv_cache:        CPU KV buffer size =     6.00 MiB
sched_reserve:        CPU compute buffer size =    98.25 MiB
"""


def test_each_kind_of_buffer_is_added_up_and_repacked_weights_are_their_own_kind() -> None:
    sizes = buffer_bytes(LOG)
    assert sizes["KV"] == 96 * MIB
    assert sizes["repacked"] == 54 * MIB
    assert sizes["compute"] == round(98.25 * MIB)
    assert sizes["model"] == round(92.10 * MIB)
    assert sizes["output"] == round(0.19 * MIB)


def test_a_log_without_buffers_has_no_sizes() -> None:
    assert buffer_bytes("llama_model_loader: loaded meta data\n") == {}
