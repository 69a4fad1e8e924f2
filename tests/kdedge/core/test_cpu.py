from pathlib import Path

from kdedge.core.cpu import cpu_features, cpu_model, governor


def test_the_features_ggml_has_kernels_for_are_told_in_one_order(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(
        "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\nflags\t\t: fpu avx2 pni avx512vbmi avx\n"
        "\nprocessor\t: 1\nmodel name\t: Other\nflags\t\t: sse4_1\n"
    )
    assert cpu_model(proc=tmp_path) == "Some CPU @ 3 GHz"
    assert cpu_features(proc=tmp_path) == ("sse3", "avx", "avx2", "avx512_vbmi")


def test_arm_writes_its_features_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("Features\t: fp asimd asimddp i8mm\nHardware\t: Board\n")
    assert cpu_model(proc=tmp_path) == "Board"
    assert cpu_features(proc=tmp_path) == ("asimd", "asimddp", "i8mm")


def test_a_system_that_shows_nothing_still_has_a_cpu(tmp_path: Path) -> None:
    assert cpu_model(proc=tmp_path)
    assert cpu_features(proc=tmp_path) == ()
    assert governor(system=tmp_path) is None


def test_governors_that_differ_are_all_named(tmp_path: Path) -> None:
    for number, word in enumerate(("performance", "powersave", "performance")):
        folder = tmp_path / f"cpu{number}" / "cpufreq"
        folder.mkdir(parents=True)
        (folder / "scaling_governor").write_text(word + "\n")
    assert governor(system=tmp_path) == "performance+powersave"
