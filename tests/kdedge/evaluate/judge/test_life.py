"""Judges come and go without leaving anything behind, whoever is killed."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kdedge.core.errors import KdedgeError
from kdedge.evaluate.judge import JudgeJob, JudgeOptions, judge_all
from kdedge.evaluate.sandbox import Limits, SandboxLevel, probe, probe_level
from kdedge.evaluate.verdicts import Verdict
from tests.kdedge.evaluate.judge.attempts import PROBLEM, QUICK, RIGHT, in_call

pytestmark = pytest.mark.skipif(probe_level() is None, reason="this system has no sandbox")

LEVELS = [level for level in SandboxLevel if probe._holds(level)]
WAITS = "import time\nwhile True: time.sleep(100)\n"


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the place where judges make their folders; afterwards it must be clean."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert working_below(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def working_below(folder: Path) -> list[psutil.Process]:
    """Return the processes whose working folder is below ``folder``."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd().startswith(str(folder)):
                found.append(process)
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
    return found


def jobs(*programs: str) -> list[JudgeJob]:
    return [
        JudgeJob(job_id=str(n), problem=PROBLEM, program=program)
        for n, program in enumerate(programs)
    ]


def options(level: SandboxLevel | None = None, **limits: float) -> JudgeOptions:
    kept = Limits(**{"cpu_s": 1, "wall_s": 2.0, **limits})  # type: ignore[arg-type]
    return JudgeOptions(workers=1, level=level, allow_weak=True, limits=kept)


def my_judges() -> list[psutil.Process]:
    return [
        p for p in psutil.Process().children() if "kdedge.evaluate.judge.process" in p.cmdline()
    ]


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_is_left_of_a_judge(level: SandboxLevel) -> None:
    mess = in_call(
        "import os, uuid\nos.makedirs(f'a/b/{uuid.uuid4()}')\nopen('a/b/d', 'w').write('x')\n"
        "os.mkdir(f'closed{uuid.uuid4()}', 0)"
    )
    found = list(judge_all(jobs(mess, WAITS, RIGHT), options=options(level)))
    assert {j.job_id: j.verdict for j in found} == {
        "0": Verdict.PASSED,
        "1": Verdict.TIMED_OUT,
        "2": Verdict.PASSED,
    }


@pytest.mark.parametrize("level", LEVELS)
def test_a_folder_nested_deeper_than_a_path_can_name_is_emptied(level: SandboxLevel) -> None:
    deep = in_call(
        "import os\nfor _ in range(2000):\n    os.mkdir('d' * 50)\n    os.chdir('d' * 50)\n"
        "open('bottom', 'w').write('x')"
    )
    found = list(judge_all(jobs(deep, RIGHT), options=options(level, cpu_s=5, wall_s=20)))
    assert [j.verdict for j in found] == [Verdict.PASSED] * 2


def test_what_a_program_leaves_running_is_ended_even_at_the_weak_level() -> None:
    leaves = in_call(
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        while True: time.sleep(100)\n"
        "    os._exit(0)\n"
    )
    found = list(judge_all(jobs(leaves, RIGHT), options=options(SandboxLevel.L1)))
    assert [j.verdict for j in found] == [Verdict.PASSED] * 2


def test_a_judge_that_dies_is_replaced_and_its_program_tried_again_alone() -> None:
    judging = judge_all(jobs(RIGHT, WAITS, RIGHT + "#\n"), options=options(wall_s=4))
    found = [next(judging)]
    (judge,) = my_judges()
    judge.kill()
    found += judging
    assert {j.job_id: j.verdict for j in found} == {
        "0": Verdict.PASSED,
        "1": Verdict.TIMED_OUT,
        "2": Verdict.PASSED,
    }


def test_a_dead_fork_server_does_not_take_the_next_program_with_it() -> None:
    judging = judge_all(jobs(RIGHT, WAITS, RIGHT + "#\n"), options=options(wall_s=4))
    found = [next(judging)]
    (judge,) = my_judges()
    for process in judge.children(recursive=True):
        process.kill()
    found += judging
    assert {j.job_id: j.verdict for j in found} == {
        "0": Verdict.PASSED,
        "1": Verdict.TIMED_OUT,
        "2": Verdict.PASSED,
    }


def test_judging_that_is_given_up_ends_at_once() -> None:
    judging = judge_all(jobs(RIGHT, WAITS, WAITS + "#\n"), options=options(wall_s=1000))
    next(judging)
    children = psutil.Process().children(recursive=True)
    judging.close()  # type: ignore[attr-defined]
    _, alive = psutil.wait_procs(children, timeout=60)
    assert alive == []


PARENT = """
import sys, tempfile
from pathlib import Path
from kdedge.evaluate.judge import JudgeOptions, judge_all
from kdedge.evaluate.sandbox import Limits, SandboxLevel
sys.path.insert(0, sys.argv[2])
from tests.kdedge.evaluate.judge.test_life import RIGHT, WAITS, jobs
tempfile.tempdir = sys.argv[1]
options = JudgeOptions(
    workers=1, level=SandboxLevel(sys.argv[3]), allow_weak=True, limits=Limits(wall_s=1000)
)
for judgement in judge_all(jobs(RIGHT, WAITS), options=options):
    print(judgement.verdict, flush=True)
"""


@pytest.mark.parametrize("level", LEVELS)
def test_a_killed_parent_takes_everything_with_it(level: SandboxLevel, folders: Path) -> None:
    root = Path(__file__).parents[4]
    parent = psutil.Popen(
        [sys.executable, "-c", PARENT, str(folders), str(root), level.value],
        stdout=subprocess.PIPE,
        cwd=root,
    )
    assert parent.stdout.readline() == b"passed\n"
    family = parent.children(recursive=True)
    assert family
    parent.kill()
    parent.communicate()
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []


def test_no_judge_is_started_for_no_jobs() -> None:
    assert list(judge_all([], options=options())) == []
    assert my_judges() == []


def test_a_judge_that_cannot_be_started_is_told_and_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = options()
    next(iter(judge_all(jobs(RIGHT), options=chosen)))
    monkeypatch.setattr(tempfile, "tempdir", "/kdedge/no/such/folder")
    with pytest.raises(OSError, match="no/such/folder"):
        list(judge_all(jobs(RIGHT), options=chosen))


def test_more_workers_than_jobs_and_than_cores_give_the_same_verdicts() -> None:
    programs = [RIGHT + f"# {n}\n" if n % 2 else f"x = {n}\n" for n in range(12)]
    by_workers = []
    for workers in (1, 2, 8):
        chosen = JudgeOptions(workers=workers, limits=QUICK, allow_weak=True)
        found = judge_all(jobs(*programs), options=chosen)
        by_workers.append(sorted((int(j.job_id), j.verdict, j.detail) for j in found))
    assert by_workers[0] == by_workers[1] == by_workers[2]


def test_a_weak_sandbox_is_refused_unless_it_is_allowed() -> None:
    weak = JudgeOptions(level=SandboxLevel.L1)
    with pytest.raises(KdedgeError, match="weak") as caught:
        list(judge_all(jobs(RIGHT), options=weak))
    assert "--allow-weak-sandbox" in caught.value.hint
