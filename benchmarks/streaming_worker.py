"""A model process without a model, for app_event_loop.py: streams a known text at a known rate.

    python benchmarks/streaming_worker.py TOKENS TOKENS_PER_S

Speaks the protocol of kdedge/runtime/wire.py. The text has prose, lists and code, as answers do.
"""

import itertools
import json
import sys
from collections.abc import Iterator
from time import perf_counter, sleep

_PROTOCOL = 2
_ANSWER = """Here is a function that merges two sorted lists. It walks through both at once:

```python
def merge(left: list[int], right: list[int]) -> list[int]:
    \"\"\"Return the items of both lists in order.\"\"\"
    merged = []
    while left and right:
        side = left if left[0] <= right[0] else right
        merged.append(side.pop(0))
    return merged + left + right
```

* It takes time that grows with the **square** of the length, because of `pop(0)`.
* Two positions instead of `pop(0)` make it linear.

Shall I write that one as well? Say so, and I will add tests for empty lists and for equal items.

"""


def main() -> None:
    n_tokens, rate = int(sys.argv[1]), float(sys.argv[2])
    _say(op="hello", protocol=_PROTOCOL, pid=0)
    for line in sys.stdin:
        order = json.loads(line)
        if order["op"] == "load":
            facts = {"n_threads": 1, "n_vocab": 49_152, "n_ctx_train": 8192}
            _say(op="load", load_s=0.0, has_chat_template=True, has_fim=False, **facts)
        elif order["op"] == "generate":
            _stream(order["requests"][0]["request_id"], n_tokens=n_tokens, rate=rate)
        elif order["op"] == "tokenize":
            _say(op="tokens", count=len(order["text"]) // 4)
        elif order["op"] == "ping":
            _say(op="pong")
        elif order["op"] == "bye":
            break


def _stream(request_id: str, *, n_tokens: int, rate: float) -> None:
    start = perf_counter()
    text = []
    for n, piece in enumerate(itertools.islice(_pieces(), n_tokens), start=1):
        text.append(piece)
        _say(op="token", request_id=request_id, text=piece, n=n)
        if n % max(1, int(rate / 4)) == 0:
            _say(
                op="live",
                request_id=request_id,
                n_tokens=n,
                tokens_per_s=n / max(1e-9, perf_counter() - start),
                ttft_s=0.01,
                context_used_tokens=n,
            )
        sleep(max(0.0, start + n / rate - perf_counter()))
    _say(
        op="done",
        request_id=request_id,
        text="".join(text),
        finish_reason="length",
        n_prompt_tokens=20,
        n_tokens=n_tokens,
        ttft_s=0.01,
        decode_s=perf_counter() - start,
    )
    _say(op="stat", tokens=n_tokens, wall_s=perf_counter() - start)


def _pieces() -> Iterator[str]:
    """Return the answer again and again in pieces of about the length of a token."""
    return itertools.cycle(_ANSWER[at : at + 4] for at in range(0, len(_ANSWER), 4))


def _say(**message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
