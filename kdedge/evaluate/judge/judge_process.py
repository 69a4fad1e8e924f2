"""The near end of one judge process."""

import json
import select
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from kdedge.evaluate.judge.jobs import WAITED, JudgeJob, Judgement
from kdedge.evaluate.sandbox import Limits, SandboxLevel
from kdedge.evaluate.sandbox.fresh import folder_of_numpy, fresh_environment, fresh_python
from kdedge.evaluate.verdicts import Verdict

_PATIENCE_S = 30.0
"""How much longer than one program's limit a judge may take before it counts as hung."""


class JudgeProcess:
    """A judge: started, asked one job at a time, closed."""

    def __init__(self, level: SandboxLevel, limits: Limits) -> None:
        self._patience_s = limits.wall_s + _PATIENCE_S
        self._folder = Path(tempfile.mkdtemp(prefix="kdedge-judge-")).resolve()
        self._process = subprocess.Popen(
            fresh_python("kdedge.evaluate.judge.process"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=fresh_environment(),
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        packages = folder_of_numpy()
        self._write(
            {
                "level": level.value,
                "limits": asdict(limits),
                "folder": str(self._folder),
                "packages": str(packages) if packages else None,
            }
        )

    def ask(self, job: JudgeJob) -> Judgement | None:
        """Return the judgement, or nothing when the judge died."""
        problem = job.problem
        self._write(
            {
                "job_id": job.job_id,
                "program": job.program,
                "entry_point": problem.entry_point,
                "prompt": problem.prompt,
                "test": problem.test,
            }
        )
        line = self._line()
        if not line.endswith("\n"):
            return None
        answer = json.loads(line)
        return Judgement(
            job_id=answer["job_id"],
            verdict=Verdict(answer["verdict"]),
            detail=answer["detail"],
            wall_s=answer["wall_s"],
            cpu_s=answer["cpu_s"],
            flags=(WAITED,) if answer["waited"] else (),
        )

    def stop(self) -> None:
        """End the judge at once, from any thread; its fork server notices and ends too."""
        self._process.kill()

    def close(self) -> None:
        """End the judge and remove what it had on the disk."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=self._patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _line(self) -> str:
        assert self._process.stdout is not None
        # A judge writes one whole line for each job, so nothing is ever left in the buffer.
        if not select.select([self._process.stdout], [], [], self._patience_s)[0]:
            self._process.kill()
        return self._process.stdout.readline()

    def _write(self, message: dict[str, object]) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
