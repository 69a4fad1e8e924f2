"""One judge process: JSON lines on stdio, one job at a time."""

import json
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from time import monotonic
from typing import Any

from kdedge.evaluate.judge.channel import Channel, ChannelBrokenError, ChannelClosedError
from kdedge.evaluate.judge.codec import NotPlainDataError, decode
from kdedge.evaluate.judge.proxy import Proxy
from kdedge.evaluate.judge.zygote import Ending, Zygote
from kdedge.evaluate.sandbox.level import Limits, SandboxLevel
from kdedge.evaluate.verdicts import Verdict

_Result = tuple[Verdict, str]


def main() -> None:
    """Judge until the input ends."""
    settings = json.loads(sys.stdin.readline())
    limits = Limits(**settings["limits"])
    with tempfile.TemporaryDirectory(prefix="kdedge-judge-") as folder:
        level = SandboxLevel(settings["level"])
        zygote = Zygote(level=level, limits=limits, folder=Path(folder).resolve())
        answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)  # a test that prints must not speak for the judge
        for line in sys.stdin:
            answers.write(json.dumps(_judge(json.loads(line), zygote, limits)) + "\n")
            answers.flush()


def _judge(job: dict[str, Any], zygote: Zygote, limits: Limits) -> dict[str, object]:
    start = monotonic()
    channel = zygote.start(job["program"], function=job["entry_point"])
    try:
        verdict, detail = _verdict(job, channel, deadline=start + limits.wall_s)
    except TimeoutError:
        verdict, detail = Verdict.TIMED_OUT, f"no answer within {limits.wall_s:g} s"
    except ChannelClosedError:
        verdict, detail = Verdict.ERROR, ""
    except (ChannelBrokenError, NotPlainDataError) as error:
        verdict, detail = Verdict.ERROR, f"broken answer: {error}"
    channel.close()
    ending = zygote.end()
    if verdict is Verdict.ERROR and not detail:
        verdict, detail = _death(ending, limits)
    return {
        "job_id": job["job_id"],
        "verdict": verdict.value,
        "detail": detail,
        "wall_s": monotonic() - start,
        "cpu_s": ending.cpu_s,
    }


def _verdict(job: dict[str, Any], channel: Channel, *, deadline: float) -> _Result:
    ready = decode(channel.receive(deadline=deadline))
    if not isinstance(ready, dict) or not ready.get("ready"):
        name, text = ready["raise"] if isinstance(ready, dict) and "raise" in ready else ("", "")
        return Verdict.ERROR, f"{name}: {text}" if name else f"{job['entry_point']} is no function"
    proxy = Proxy(channel, deadline=deadline)
    # The prompt's helpers are the suite's own; the asked function is the model's.
    names: dict[str, Any] = {"__name__": "judged"}
    exec(compile(job["prompt"], "<prompt>", "exec"), names)  # noqa: S102 - the suite's code
    names[job["entry_point"]] = names["candidate"] = proxy
    exec(compile(job["test"], "<test>", "exec"), names)  # noqa: S102 - the suite's code
    try:
        names["check"](proxy)
    except (TimeoutError, ChannelClosedError, ChannelBrokenError, NotPlainDataError):
        raise
    except AssertionError as error:
        if proxy.last_error:  # an assertion of the model's own
            return Verdict.ERROR, f"{proxy.last_error}; {proxy.last_call}"
        return Verdict.FAILED, _failure(error, job["test"], proxy)
    except Exception as error:  # noqa: BLE001 - a test may raise anything on a wrong result
        return Verdict.ERROR, f"{proxy.last_error or repr(error)}; {proxy.last_call}"
    return Verdict.PASSED, ""


def _failure(error: AssertionError, test: str, proxy: Proxy) -> str:
    lines = test.splitlines()
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == "<test>"]
    number = frames[-1].lineno if frames else None
    asserted = lines[number - 1].strip()[:300] if number and number <= len(lines) else ""
    return "; ".join(part for part in (asserted, proxy.last_call) if part)


def _death(ending: Ending, limits: Limits) -> _Result:
    """Say why the child was gone before it answered."""
    # SIGXCPU at the limit, SIGKILL a second later; counted CPU time may lag a tick behind.
    if ending.status == -signal.SIGXCPU or ending.cpu_s >= 0.9 * limits.cpu_s:
        return Verdict.TIMED_OUT, f"more than {limits.cpu_s} s of CPU time"
    if ending.status < 0:
        return Verdict.ERROR, f"the program died of {signal.Signals(-ending.status).name}"
    return Verdict.ERROR, f"the program ended itself with exit code {ending.status}"


if __name__ == "__main__":
    main()
