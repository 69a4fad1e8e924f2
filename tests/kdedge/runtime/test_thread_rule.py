from pathlib import Path

import pytest

from kdedge.runtime import thread_rule


def cpus(folder: Path, siblings: list[str]) -> Path:
    for number, mask in enumerate(siblings):
        topology = folder / f"cpu{number}" / "topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings").write_text(f"{mask}\n")
    (folder / "cpufreq").mkdir()
    return folder


def test_two_threads_of_one_core_count_once(tmp_path: Path) -> None:
    found = cpus(tmp_path / "cpu", ["05", "0a", "05", "0a"])
    assert thread_rule._physical_cores(found, tmp_path / "none") == 2


def test_a_hybrid_cpu_counts_its_performance_cores_alone(tmp_path: Path) -> None:
    found = cpus(tmp_path / "cpu", ["003", "003", "00c", "00c", "010", "020", "040", "080"])
    performance = tmp_path / "cpus"
    performance.write_text("0-3\n")
    assert thread_rule._physical_cores(found, performance) == 2


def test_a_system_that_tells_nothing_has_no_physical_cores(tmp_path: Path) -> None:
    assert thread_rule._physical_cores(tmp_path, tmp_path / "none") is None


@pytest.mark.parametrize(("usable", "threads"), [(1, 1), (3, 3), (64, 8)])
def test_there_are_never_more_threads_than_may_run(
    monkeypatch: pytest.MonkeyPatch, usable: int, threads: int
) -> None:
    monkeypatch.setattr(thread_rule, "_physical_cores", lambda: 8)
    monkeypatch.setattr(thread_rule, "_usable", lambda: usable)
    assert thread_rule.default_threads() == threads
