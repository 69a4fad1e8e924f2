"""A checkpoint whose weights lie off every quantisation grid, to judge quantisers on.

    python benchmarks/dithered_checkpoint.py CHECKPOINT_DIR NEW_DIR [--seed 0]

Weights that were dequantised from a GGUF file lie on the grid of the type they came from, and that
type looks better than it is. Each weight matrix gets uniform noise of up to half a step of Q4_1 to
both sides, the step taken from each block of 32. The model is another, somewhat worse one; what
counts is how far quantisers move away from it.
"""

import argparse
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

BLOCK, STEPS = 32, 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    generator = torch.Generator().manual_seed(options.seed)
    shutil.copytree(options.checkpoint, options.new)
    for shard in sorted(options.new.glob("*.safetensors")):
        tensors = load_file(shard)
        save_file({name: dithered(tensors[name], generator) for name in sorted(tensors)}, shard)
    print(options.new)


def dithered(weight: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return ``weight`` with noise; vectors and rows that fill no whole blocks stay."""
    if weight.dim() < 2 or weight.shape[-1] % BLOCK:
        return weight
    blocks = weight.float().reshape(-1, BLOCK)
    step = (blocks.amax(1, keepdim=True) - blocks.amin(1, keepdim=True)) / STEPS
    noise = torch.rand(blocks.shape, generator=generator) - 0.5
    return (blocks + noise * step).reshape(weight.shape).to(weight.dtype)


if __name__ == "__main__":
    main()
