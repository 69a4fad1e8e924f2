from dataclasses import replace
from pathlib import Path

import pytest

from kdedge.profile.machine_counters import between, read_counters


@pytest.fixture
def linux(tmp_path: Path) -> Path:
    files = {
        "proc/stat": "cpu  1000 50 200 9000 300 10 20 40 0 0\ncpu0 1 2 3\n",
        "proc/pressure/cpu": "some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\nfull ...\n",
        "proc/self/cgroup": "0::/user.slice/job\n",
        "sys/fs/cgroup/user.slice/job/cpu.stat": "usage_usec 5\nthrottled_usec 750000\n",
        "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "3\n",
        "sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count": "4\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_the_counters_of_linux_are_read_from_its_files(
    linux: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sysconf", lambda _: 100)
    found = read_counters(linux / "proc", linux / "sys")
    assert found.busy_s == 12.8  # user, nice, system, irq, softirq
    assert found.steal_s == 0.4
    assert found.pressure_s == 2.5
    assert found.throttle_events == 7
    assert found.quota_throttled_s == 0.75


def test_another_system_tells_nothing(tmp_path: Path) -> None:
    found = read_counters(tmp_path, tmp_path)
    assert found.busy_s is None
    watch = between(found, replace(found, at_s=found.at_s + 1), measured_cpu_s=0.5)
    assert watch.other_cores is None
    assert watch.throttle_events is None


def test_what_is_measured_and_what_measures_is_no_noise(linux: Path) -> None:
    before = read_counters(linux / "proc", linux / "sys")
    assert before.busy_s is not None
    after = replace(
        before, at_s=before.at_s + 10, busy_s=before.busy_s + 25, own_s=before.own_s + 1
    )
    watch = between(before, after, measured_cpu_s=19.0)
    assert watch.other_cores == pytest.approx(0.5)


def test_rounding_of_the_kernel_never_makes_others_negative(linux: Path) -> None:
    before = read_counters(linux / "proc", linux / "sys")
    after = replace(before, at_s=before.at_s + 1)
    assert between(before, after, measured_cpu_s=2.0).other_cores == 0
