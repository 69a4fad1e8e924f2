"""What the gate of a conversion's proof is set by: the noise of a right file, the size of faults.

``python benchmarks/proof_gate.py CHECKPOINT_DIR PROOF.gguf`` with a GGUF file of type F32 that was
made from the checkpoint. Each fault is put into the checkpoint's side, in memory; nothing is
written. Prints a table in Markdown; docs/conversion.md has the one the gate was set by.
"""

import argparse
import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from kdedge.convert.proof_gate import DistanceMeter
from kdedge.convert.proof_pieces import side_by_side
from kdedge.convert.proof_reference import Reference, ReferenceTokenizer
from kdedge.convert.proof_texts import SNIPPETS
from kdedge.runtime.logit_options import LogitOptions
from kdedge.runtime.logit_stream import LogitStream

Model = Any
Fault = Callable[[Model], object]


def layers(model: Model) -> Any:
    body = model.base_model
    return body.layers if hasattr(body, "layers") else body.h


def unpermuted(projection: Any, n_heads: int) -> None:
    for part in projection.parameters():
        split = part.data.reshape(n_heads, 2, -1, *part.shape[1:])
        part.data.copy_(split.transpose(1, 2).reshape(part.shape))


def no_permute(model: Model, *, only_first: bool = False) -> None:
    config = model.config
    for layer in layers(model)[: 1 if only_first else None]:
        unpermuted(layer.self_attn.q_proj, config.num_attention_heads)
        unpermuted(layer.self_attn.k_proj, config.num_key_value_heads)


def swapped_layers(model: Model) -> None:
    blocks = layers(model)
    blocks[1], blocks[2] = blocks[2], blocks[1]
    for block in (blocks[1], blocks[2]):
        if hasattr(block, "self_attn"):
            block.self_attn.layer_idx = 0


def matrices(model: Model) -> list[Any]:
    return [p for n, p in layers(model)[0].named_parameters() if p.ndim == 2]


def norms(model: Model) -> list[Any]:
    return [
        p for n, p in model.named_parameters() if p.ndim == 1 and "norm" in n and "weight" in n
    ]


def biases(model: Model) -> list[Any]:
    return [p for n, p in model.named_parameters() if n.endswith("bias")]


def rounded(model: Model, dtype: torch.dtype) -> None:
    for parameter in model.parameters():
        parameter.data.copy_(parameter.data.to(dtype).float())


def eight_bits(parameter: Any) -> None:
    rows = parameter.data.reshape(-1, 32)
    scale = rows.abs().amax(1, keepdim=True) / 127
    scale[scale == 0] = 1
    parameter.data.copy_(((rows / scale).round() * scale).reshape(parameter.shape))


def reloaded(directory: Path, **changes: Any) -> Model:
    config = AutoConfig.from_pretrained(directory)
    for key, value in changes.items():
        setattr(config, key, value)
    model = AutoModelForCausalLM.from_pretrained(
        directory, config=config, dtype=torch.float32, attn_implementation="eager"
    )
    return model.eval()


def scaled_rope(config: Any, **changes: Any) -> dict[str, Any]:
    found = config.rope_parameters
    if "rope_type" in found:
        return {**found, **changes}
    return {kind: {**each, **changes} for kind, each in found.items()}


def other_theta(config: Any, factor: float) -> dict[str, Any]:
    found = config.rope_parameters
    if "rope_type" in found:
        return {**found, "rope_theta": found["rope_theta"] * factor}
    return {
        kind: {**each, "rope_theta": each["rope_theta"] * factor} for kind, each in found.items()
    }


def config_faults(directory: Path) -> Iterator[tuple[str, Fault]]:
    config = AutoConfig.from_pretrained(directory)
    key = next(
        k for k in ("hidden_activation", "hidden_act", "activation_function") if hasattr(config, k)
    )
    others = {"silu": ("gelu",), "gelu_pytorch_tanh": ("gelu", "silu")}
    for other in others.get(getattr(config, key), ("silu",)):
        yield (
            f"{other} for {getattr(config, key)}",
            lambda _, o=other: reloaded(directory, **{key: o}),
        )
    for name in ("rms_norm_eps", "layer_norm_epsilon", "norm_epsilon", "layer_norm_eps"):
        if (eps := getattr(config, name, None)) is not None:
            for factor in (10, 0.1):
                yield (
                    f"norm epsilon x {factor}",
                    lambda _, n=name, v=eps * factor: reloaded(directory, **{n: v}),
                )
    if getattr(config, "rope_parameters", None):
        for factor in (10, 1.01):
            changed = other_theta(config, factor)
            yield (
                f"rope base x {factor}",
                lambda _, c=changed: reloaded(directory, rope_parameters=c),
            )
        linear = scaled_rope(config, rope_type="linear", factor=2.0)
        yield (
            "positions not stretched (linear 2)",
            lambda _: reloaded(directory, rope_parameters=linear),
        )
    if getattr(config, "layer_types", None):
        n_layers = config.num_hidden_layers
        window = {"sliding_window": 32, "use_sliding_window": True}
        changes = {"layer_types": ["sliding_attention"] * n_layers, **window}
        if "rope_type" in config.rope_parameters:
            yield "sliding window of 32 ignored", lambda _: reloaded(directory, **changes)


def first_square(model: Model) -> Any:
    return next((p for p in matrices(model) if p.shape[0] == p.shape[1]), None)


def transposed_square(model: Model) -> None:
    matrix = first_square(model)
    matrix.data = matrix.data.t().contiguous()


def weight_faults(model: Model) -> Iterator[tuple[str, Fault]]:
    neutral = 0.0 if "Gemma" in type(model).__name__ else 1.0
    if hasattr(layers(model)[0], "self_attn") and hasattr(layers(model)[0].self_attn, "q_proj"):
        yield "q and k in the other layout", no_permute
        yield "the same in the first layer alone", lambda m: no_permute(m, only_first=True)
    yield "layers 1 and 2 exchanged", swapped_layers
    yield "one norm left out", lambda m: norms(m)[1].data.fill_(neutral)
    yield "1 not added to one norm", lambda m: norms(m)[1].data.sub_(1.0)
    if biases(model):
        yield "one bias left out", lambda m: biases(m)[0].data.zero_()
        yield "all biases left out", lambda m: [b.data.zero_() for b in biases(m)]
    if first_square(model) is not None:
        yield "one square matrix transposed", transposed_square
    yield "embeddings one row off", embeddings_one_off
    yield "one row of one matrix zero", lambda m: matrices(m)[-1].data[0].zero_()
    yield "one number of one matrix zero", lambda m: matrices(m)[-1].data[0, :1].zero_()
    yield "one matrix rounded to 8 bits", lambda m: eight_bits(matrices(m)[-1])
    yield "all matrices rounded to 8 bits", lambda m: [eight_bits(p) for p in wide(m)]
    yield "all rounded to BF16", lambda m: rounded(m, torch.bfloat16)
    yield "all rounded to F16", lambda m: rounded(m, torch.float16)


def embeddings_one_off(model: Model) -> None:
    table = model.get_input_embeddings().weight.data
    table.copy_(table.roll(1, 0))


def wide(model: Model) -> list[Any]:
    return [p for p in model.parameters() if p.ndim == 2 and p.shape[-1] % 32 == 0]


def measure(reference: Reference, stream: LogitStream, tokens: list[list[int]]) -> str:
    meter = DistanceMeter()
    for text in tokens:
        for logits, exact in side_by_side(stream.logits(text), reference.logits(text)):
            meter.add(logits, exact[:, : logits.shape[1]])
    found = meter.distance()
    return f"{found.nmse:.1e} | {found.max_nmse:.1e} | {found.top1_agreement:.2%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint_dir", type=Path)
    parser.add_argument("proof", type=Path)
    parser.add_argument("--floor-only", action="store_true")
    parser.add_argument("--weights-only", action="store_true", help="leave out other settings")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    directory: Path = arguments.checkpoint_dir
    tokenizer = ReferenceTokenizer(directory)
    tokens = [tokenizer.tokens(text, begin=True) for text in SNIPPETS.values()]
    reference = Reference(directory)
    print(f"| {directory.name} | NMSE | worst position | same token |\n|---|---:|---:|---:|")
    with LogitStream() as stream:
        options = LogitOptions(context_tokens=512, cache_type="F32", flash_attention="off")
        stream.load(arguments.proof, options=options)
        print(f"| **right** | {measure(reference, stream, tokens)} |", flush=True)
        if arguments.floor_only:
            return
        settings = [] if arguments.weights_only else config_faults(directory)
        faults = [*settings, *weight_faults(reference.model)]
        for name, fault in faults:
            reference.model = reloaded(directory)
            if isinstance(changed := fault(reference.model), torch.nn.Module):
                reference.model = changed
            print(f"| {name} | {measure(reference, stream, tokens)} |", flush=True)
            gc.collect()


if __name__ == "__main__":
    main()
