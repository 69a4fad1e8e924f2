from pathlib import Path

import pytest

from kdedge.profile.energy import (
    EnergyReading,
    EnergySpent,
    energy_block,
    joules_between,
    read_energy,
)


def domain(folder: Path, name: str, label: str, microjoules: int) -> Path:
    path = folder / name
    path.mkdir(parents=True)
    (path / "name").write_text(f"{label}\n")
    (path / "energy_uj").write_text(f"{microjoules}\n")
    (path / "max_energy_range_uj").write_text("1000000\n")
    return path


def test_only_packages_are_counted_not_their_parts(tmp_path: Path) -> None:
    domain(tmp_path, "intel-rapl:0", "package-0", 500)
    domain(tmp_path, "intel-rapl:0:0", "core", 300)
    domain(tmp_path, "intel-rapl:1", "psys", 900)
    found = read_energy(tmp_path)
    assert isinstance(found, EnergyReading)
    assert found.microjoules == {"intel-rapl:0": 500}


def test_no_counters_are_a_reason_and_no_number(tmp_path: Path) -> None:
    assert read_energy(tmp_path) == "this machine shows no energy counters (RAPL)"


def test_counters_only_root_may_read_are_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain(tmp_path, "intel-rapl:0", "package-0", 500)
    read = Path.read_text

    def refuse(path: Path, **options: str) -> str:
        if path.name == "energy_uj":
            raise PermissionError
        return read(path, **options)

    monkeypatch.setattr(Path, "read_text", refuse)
    found = read_energy(tmp_path)
    assert isinstance(found, str)
    assert "root" in found


def test_a_counter_that_starts_again_is_no_negative_energy() -> None:
    before = EnergyReading(microjoules={"a": 900_000, "b": 100}, limits={"a": 10**6, "b": 10**6})
    after = EnergyReading(microjoules={"a": 100_000, "b": 600}, limits=before.limits)
    assert joules_between(before, after) == pytest.approx(0.2005)


def test_joules_are_divided_among_the_tokens() -> None:
    block = energy_block([EnergySpent(joules=30, wall_s=3, n_tokens=100)] * 2, reason=None)
    assert block["status"] == "measured"
    assert block["joules_per_token"] == 0.3
    assert block["source"] == "rapl_pkg"


@pytest.mark.parametrize("reason", [None, "no permission"])
def test_a_short_window_or_no_counter_is_unavailable_with_a_reason(reason: str | None) -> None:
    block = energy_block([EnergySpent(joules=3, wall_s=1, n_tokens=10)], reason=reason)
    assert block["status"] == "unavailable"
    assert block["joules_per_token"] is None
    assert block["source"] is None
    assert block["reason"]
