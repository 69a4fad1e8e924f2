"""The store between real processes: killed at any moment, and writing side by side."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kdedge.core.claims import ProcessStamp, is_alive, this_process
from kdedge.core.errors import KdedgeError
from kdedge.core.store import Store

WRITER = """
import sys
from pathlib import Path
from kdedge.core.store import CompletionRow, Store
with Store.open(Path(sys.argv[1])) as store:
    run_id = store.begin_run(verb="evaluate", key="k", subject={}).run_id
    print(run_id, flush=True)
    for sample in range(int(sys.argv[2])):
        store.add_completion(CompletionRow(
            run_id=run_id, task_id="t", sample=sample, seed=0, prompt_sha256="", text="x" * 2000,
            n_prompt_tokens=1, n_tokens=1, finish_reason="stop", ttft_s=None, decode_s=None))
        print(sample, flush=True)
"""
HOLDER = """
import sys
from pathlib import Path
from kdedge.core.store import Store
with Store.open(Path(sys.argv[1])) as store:
    print(store.begin_run(verb="evaluate", key="k", subject={}).run_id, flush=True)
    sys.stdin.read()
"""


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.mark.parametrize("seed", range(5))
def test_what_was_told_as_written_survives_kill_9(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "store.sqlite3"
    wait_for = random.Random(seed).randrange(1, 60)
    with start(WRITER, path, 100_000) as writer:
        assert writer.stdout
        run_id = writer.stdout.readline().strip()
        told = [int(writer.stdout.readline()) for _ in range(wait_for)]
        writer.send_signal(signal.SIGKILL)
        told += [int(line) for line in writer.stdout if line.endswith("\n")]
    with Store.open(path) as store:
        samples = [row.sample for row in store.completions(run_id)]
        assert samples == list(range(len(samples)))
        assert len(samples) in {len(told), len(told) + 1}
        store.claim(run_id)  # its owner is dead
        assert store.run(run_id).status == "running"
        assert store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_processes_that_open_a_new_store_at_once_all_write(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    writers = [start(WRITER, path, 30) for _ in range(4)]
    run_ids = []
    for writer in writers:
        with writer:
            told, _ = writer.communicate()
        assert writer.returncode == 0
        run_ids.append(told.split()[0])
    with Store.open(path) as store:
        assert len(set(run_ids)) == 4
        assert all(len(store.completions(run_id)) == 30 for run_id in run_ids)


def test_a_run_of_a_living_process_cannot_be_claimed_and_of_a_dead_one_can(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    with start(HOLDER, path) as holder, Store.open(path) as store:
        assert holder.stdout
        run_id = holder.stdout.readline().strip()
        with pytest.raises(KdedgeError, match=f"process {holder.pid}"):
            store.claim(run_id)
        holder.kill()
        holder.wait()
        store.claim(run_id)
        store.claim(run_id)  # what is ours stays ours


def test_a_killed_process_that_nobody_waited_for_is_dead() -> None:
    with start("import sys; print(flush=True); sys.stdin.read()") as child:
        assert child.stdout
        child.stdout.readline()
        stamp = ProcessStamp(pid=child.pid, started=_start(child.pid))
        assert is_alive(stamp)
        os.kill(child.pid, signal.SIGKILL)
        assert child.stdout.read() == ""  # its end of the pipe is closed: it is a zombie now
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not is_alive(stamp)


def test_a_later_process_with_the_same_id_is_another_one() -> None:
    me = this_process()
    assert is_alive(me)
    assert not is_alive(ProcessStamp(pid=me.pid, started="another time"))


def _start(pid: int) -> str:
    from kdedge.core.claims import _start_of

    return _start_of(pid) or ""
