"""Stands for ``kdedge.runtime.worker`` in tests of the app: its word says how it behaves."""

import json
import os
import resource
import signal
import sys
from typing import Any


class Worker:
    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.model = None

    def run(self) -> None:
        if self.mode == "dies":
            raise SystemExit("ModuleNotFoundError: No module named 'llama_cpp'")
        if self.mode == "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        version = 1 if self.mode == "version" else 2
        say(op="hello", protocol=version, pid=os.getpid())
        for line in sys.stdin:
            order = json.loads(line)
            if order["op"] == "bye":
                break
            getattr(self, f"on_{order['op']}")(order)
        say(op="bye")

    def on_ping(self, order: dict[str, Any]) -> None:
        if self.mode != "hang":
            say(op="pong")

    def on_load(self, order: dict[str, Any]) -> None:
        say(op="progress", phase="loading", fraction=0.5)
        if self.mode == "crash-load":
            sys.stderr.write("ggml: 7 is not 8" + "\n")
            os.kill(os.getpid(), signal.SIGABRT)
        if self.mode in {"slow-load", "deaf-load"}:
            return
        if "refused" in order["path"]:
            say(
                op="error",
                problem="It is no GGUF file.",
                hint="Take another.",
                detail="d",
                cancelled=False,
            )
            return
        self.model = order["path"]
        say(
            op="load",
            load_s=0.5,
            n_threads=2,
            n_vocab=100,
            n_ctx_train=2048,
            has_chat_template=True,
            has_fim=True,
        )
        say(op="memory", rss_bytes=1000)

    def on_generate(self, order: dict[str, Any]) -> None:
        self.request_id = order["requests"][0]["request_id"]
        if self.mode == "garbage":
            sys.stdout.buffer.write(b'\x00\xff not json\n{}\n{"op": "load"}\n{"op": 7}\n')
            sys.stdout.buffer.flush()
        if self.mode == "too-long":
            say(
                op="error",
                problem="The prompt is too long.",
                hint="Shorten it.",
                detail="",
                cancelled=False,
            )
            return
        n_tokens = 4000 if self.mode == "flood" else 3
        for n in range(1, n_tokens + 1):
            say(op="token", request_id=self.request_id, text=f"t{n} ", n=n)
        say(
            op="live",
            request_id=self.request_id,
            n_tokens=n_tokens,
            tokens_per_s=30.0,
            ttft_s=0.1,
            context_used_tokens=20,
        )
        if self.mode == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.mode == "out-of-memory":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.mode not in {"slow", "deaf", "hang"}:
            self.finish("stop")

    def on_cancel(self, order: dict[str, Any]) -> None:
        if self.mode == "slow":
            self.finish("cancelled")
        if self.mode == "slow-load":
            say(
                op="error",
                problem="Loading was cancelled.",
                hint="Ask again.",
                detail="",
                cancelled=True,
            )

    def on_tokenize(self, order: dict[str, Any]) -> None:
        say(op="tokens", count=len(order["text"].split()))

    def on_unload(self, order: dict[str, Any]) -> None:
        say(op="unloaded")

    def finish(self, reason: str) -> None:
        say(
            op="done",
            request_id=self.request_id,
            text="t1 t2 t3 ",
            finish_reason=reason,
            n_prompt_tokens=5,
            n_tokens=3,
            ttft_s=0.1,
            decode_s=0.2,
            token_times_ns=[],
        )
        say(op="stat", tokens=3, wall_s=0.3)


def say(**message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Worker(sys.argv[1]).run()
