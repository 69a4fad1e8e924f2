"""Batched generation beside ``Llama`` one after another and llama-batched-bench.

    python benchmarks/batched_generation.py MODEL.gguf --problems 8 --samples 20 --sequences 32 \
        --temperature 0.8 --batched-bench PATH/llama-batched-bench

All three run in one go on the same machine; only the ratios count. The completions of the
``--sequences`` run and of a run with other numbers of sequences are compared byte for byte.
"""

import argparse
import json
import subprocess
from pathlib import Path
from time import perf_counter

from kdedge.evaluate.plan import completion_seed
from kdedge.evaluate.prompts import EVALPLUS_CHAT, ChatPrompt, prompt_for
from kdedge.evaluate.suites import load_suite
from kdedge.runtime.client import WorkerClient
from kdedge.runtime.model import Model
from kdedge.runtime.options import Completion, LoadOptions, Prompt, Request, Sampling
from kdedge.runtime.prompting import render_chat

CONTEXT = 1024


def main() -> None:
    arguments = _arguments()
    requests = _requests(arguments)
    ours, rate, completions = _engine(arguments, requests, arguments.sequences)
    n = len(completions)
    prompt = sum(c.n_prompt_tokens for c in completions.values()) // n
    tokens = sum(c.n_tokens for c in completions.values()) // n
    print(f"kdedge, {arguments.sequences} sequences: {rate:.1f} generated tokens/s ({ours:.1f} s)")
    print(f"  {n} completions, mean prompt {prompt}, mean generated {tokens} tokens")
    single = _llama(arguments, requests[:: max(1, n // arguments.alone)])
    print(f"Llama one after another: {single:.1f} generated tokens/s; ratio {rate / single:.2f}")
    if arguments.batched_bench:
        _batched_bench(arguments, prompt=prompt, tokens=tokens, ours=rate)
    for other in arguments.compare:
        _, other_rate, others = _engine(arguments, requests, other)
        same = sum(others[key].text == c.text for key, c in completions.items())
        print(f"{other} sequences: {same} of {n} byte-identical, {other_rate:.1f} tokens/s")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--problems", type=int, default=8)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--sequences", type=int, default=32)
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--alone", type=int, default=12, help="completions for Llama alone")
    parser.add_argument("--compare", type=int, nargs="*", default=[])
    parser.add_argument("--batched-bench", type=Path)
    return parser.parse_args()


def _requests(arguments: argparse.Namespace) -> list[Request]:
    found = []
    for problem in load_suite("humaneval").problems[: arguments.problems]:
        made = prompt_for(EVALPLUS_CHAT, problem)
        assert isinstance(made, ChatPrompt)
        prompt = Prompt(
            kind="chat",
            text=made.user,
            assistant_prefill=made.assistant_prefill,
            shared_length=made.shared_prefix_chars,
        )
        found += [
            Request(
                request_id=f"{problem.task_id}#{sample}",
                prompt=prompt,
                sampling=Sampling(temperature=arguments.temperature),
                seed=completion_seed(0, task_id=problem.task_id, sample=sample),
                max_tokens=arguments.max_tokens,
                stop=EVALPLUS_CHAT.stop,
            )
            for sample in range(arguments.samples)
        ]
    return found


def _engine(
    arguments: argparse.Namespace, requests: list[Request], sequences: int
) -> tuple[float, float, dict[str, Completion]]:
    options = LoadOptions(context_tokens=CONTEXT, n_sequences=sequences)
    with WorkerClient() as worker:
        worker.load(arguments.model, options=options)
        start = perf_counter()
        completions = {c.request_id: c for c in worker.generate(requests)}
        wall = perf_counter() - start
    return wall, sum(c.n_tokens for c in completions.values()) / wall, completions


def _llama(arguments: argparse.Namespace, requests: list[Request]) -> float:
    from llama_cpp import Llama

    model = Model(arguments.model)
    prompts = [render_chat(model, request.prompt) for request in requests]
    model.close()
    llama = Llama(
        str(arguments.model), n_ctx=CONTEXT, n_threads=2, n_threads_batch=2, verbose=False
    )
    tokens = 0
    start = perf_counter()
    for prompt, request in zip(prompts, requests, strict=True):
        answer = llama.create_completion(
            prompt,
            max_tokens=request.max_tokens,
            temperature=request.sampling.temperature,
            top_k=0,
            top_p=1.0,
            min_p=0.0,
            repeat_penalty=1.0,
            seed=request.seed,
            stop=list(request.stop),
        )
        tokens += answer["usage"]["completion_tokens"]
    return tokens / (perf_counter() - start)


def _batched_bench(
    arguments: argparse.Namespace, *, prompt: int, tokens: int, ours: float
) -> None:
    n = arguments.sequences
    command = [str(arguments.batched_bench), "-m", str(arguments.model), "-t", "2", "-tb", "2"]
    command += ["-c", str(CONTEXT * n), "-npp", str(prompt), "-ntg", str(tokens), "-npl", str(n)]
    found = subprocess.run(
        [*command, "-b", "2048", "-ub", "512", "--output-format", "jsonl"],
        check=True,
        capture_output=True,
        text=True,
    )
    row = next(json.loads(x) for x in found.stdout.splitlines() if x.startswith("{"))
    total = n * tokens / (row["t_pp"] + row["t_tg"])
    print(f"llama-batched-bench, {n} sequences: decode {row['speed_tg']:.1f} tokens/s")
    print(f"  kdedge / its decode speed: {ours / row['speed_tg']:.2f}")
    print(f"  kdedge / its generated tokens over prompt + decode time: {ours / total:.2f}")


if __name__ == "__main__":
    main()
