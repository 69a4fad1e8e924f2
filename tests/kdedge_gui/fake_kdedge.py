"""Stands for ``kdedge`` in tests of the app: the verb says how it behaves."""

import json
import os
import resource
import signal
import sys
from pathlib import Path

_RUN = "20261124-1200-ev-0001"


def main() -> int:
    words = sys.argv[1:]
    document = Path(words[words.index("--json") + 1]) if "--json" in words else None
    behave = globals()[words[0].replace("-", "_")]
    signal.signal(signal.SIGTERM, _stop)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        code = behave(words)
    except KeyboardInterrupt:
        say(event="run_finished", run=_RUN, status="interrupted")
        return 130
    if code == 0 and document is not None:
        backtrace = os.environ["GGML_NO_BACKTRACE"]
        told = {"schema": "fake/1", "words": words, "no_backtrace": backtrace}
        document.write_text(json.dumps(told))
    return code


def say(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def normal(words: list[str]) -> int:
    say(event="run_started", verb="normal", run=_RUN, resumed="--resume" in words)
    for done in range(4):
        say(event="progress", phase="generating", done=done, total=4, unit="tokens", detail="")
    say(event="progress", phase="generating", done=4, total=4, unit="tokens", detail="")
    say(event="run_finished", run=_RUN, status="done")
    return 0


def slow(words: list[str]) -> int:
    say(event="run_started", verb="slow", run=_RUN, resumed="--resume" in words)
    while True:
        signal.pause()


def stubborn(words: list[str]) -> int:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return slow(words)


def crash(words: list[str]) -> int:
    say(event="run_started", verb="crash", run=_RUN, resumed=False)
    sys.stderr.write("the last words" + "\n")
    os.kill(os.getpid(), signal.SIGSEGV)


def out_of_memory(words: list[str]) -> int:
    os.kill(os.getpid(), signal.SIGKILL)


def garbage(words: list[str]) -> int:
    sys.stdout.buffer.write(b"llama_load: ok\n[1, 2]\n\xff\xfe\n{\n\n" + b"[" * 100_000 + b"\n")
    sys.stdout.buffer.write(b'{"no": "event"}\n')
    sys.stdout.buffer.flush()
    return normal(words)


def huge_log(words: list[str]) -> int:
    line = b"x" * 99 + b"\n"
    for _ in range(200):
        sys.stderr.buffer.write(line * 1000)
    sys.stderr.buffer.write(b"y" * 5_000_000 + b"\nthe end\n")
    return normal(words)


def wild(words: list[str]) -> int:
    for _ in range(40):
        sys.stdout.buffer.write(b"x" * 999_999 + b"\n")
    sys.stdout.buffer.flush()
    return normal(words)


def failing(words: list[str]) -> int:
    say(event="failed", problem="The model is gone.", hint="Put it back.")
    sys.stderr.write("error: The model is gone.\nhint: Put it back." + "\n")
    return 1


def refusing(words: list[str]) -> int:
    sys.stderr.write("error: No such option: --fast\nhint: See `kdedge refusing --help`." + "\n")
    return 2


def gate(words: list[str]) -> int:
    Path(words[words.index("--json") + 1]).write_text('{"schema": "fake/1"}')
    say(event="failed", problem="pass@1 fell by 4 points.", hint="Choose a larger type.")
    return 3


def dying(words: list[str]) -> int:
    raise SystemExit("Traceback: no module named llama_cpp")


def table(words: list[str]) -> int:
    sys.stdout.write("┌──────┐\n│ name │\n└──────┘\n")
    return 0


def _stop(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
