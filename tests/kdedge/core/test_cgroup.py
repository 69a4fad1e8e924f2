from pathlib import Path

import pytest

from kdedge.core.cgroup import GroupLimits, group_limits


def write(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def limits_of(tmp_path: Path, groups: str, files: dict[str, str]) -> GroupLimits:
    write(tmp_path / "proc", {"self/cgroup": groups})
    write(tmp_path / "root", files)
    return group_limits(proc=tmp_path / "proc", root=tmp_path / "root")


def test_the_tightest_limit_from_the_group_outwards_holds(tmp_path: Path) -> None:
    found = limits_of(
        tmp_path,
        "0::/slice/job\n",
        {
            "slice/cpu.max": "150000 100000\n",
            "slice/memory.max": "1000\n",
            "slice/memory.current": "900\n",
            "slice/memory.stat": "anon 1\ninactive_file 300\n",
            "slice/job/cpu.max": "max 100000\n",
            "slice/job/memory.max": "5000\n",
            "slice/job/memory.current": "100\n",
        },
    )
    assert found == GroupLimits(cores=1.5, memory_bytes=1000, memory_left_bytes=400)


def test_the_older_hierarchy_is_read_too(tmp_path: Path) -> None:
    found = limits_of(
        tmp_path,
        "5:cpu,cpuacct:/\n4:memory:/docker/abc\n",
        {
            "memory/memory.limit_in_bytes": "9223372036854771712\n",
            "memory/docker/abc/memory.limit_in_bytes": "4096\n",
            "memory/docker/abc/memory.usage_in_bytes": "5000\n",
            "cpu/cpu.cfs_quota_us": "50000\n",
            "cpu/cpu.cfs_period_us": "100000\n",
        },
    )
    assert found == GroupLimits(cores=0.5, memory_bytes=4096, memory_left_bytes=0)


@pytest.mark.parametrize(
    ("groups", "files"),
    [
        ("", {}),
        ("0::/\n", {"cpu.max": "max 100000", "memory.max": "max"}),
        ("0::/\n", {"cpu.max": "", "memory.max": "much"}),
        ("0::/\n", {"cpu.max": "5 0", "memory.max": "-1"}),
        ("4:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}),
        ("0::/../../etc\n", {}),
    ],
)
def test_no_limit_is_none(tmp_path: Path, groups: str, files: dict[str, str]) -> None:
    none = GroupLimits(cores=None, memory_bytes=None, memory_left_bytes=None)
    assert limits_of(tmp_path, groups, files) == none


def test_a_system_without_groups_has_no_limits(tmp_path: Path) -> None:
    assert group_limits(proc=tmp_path / "none", root=tmp_path / "none").cores is None
