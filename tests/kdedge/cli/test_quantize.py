import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from kdedge.cli.main import main
from kdedge.models.header import read_header
from tests.tiny_model import weights, write_model

# Stops for ever in the first progress of writing, so that a signal meets it at work.
HELD = """
import signal, sys
from kdedge.cli.main import main
from kdedge.cli.output import Output
from kdedge.core.events import Progress

def hold(self, event):
    if isinstance(event, Progress) and event.phase.startswith("to "):
        print("at work", flush=True)
        signal.pause()

Output.sink = hold
main(sys.argv[1:])
"""


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("cli") / "model.gguf", weights())


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as left:
        main(["quantize", *(str(word) for word in words)])
    return int(left.value.code or 0)


def test_a_file_is_written_with_its_document(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "small.gguf"
    assert run(model, target, "--type", "q4_0", "--override", "ffn_down=Q8_0", "--json", "-") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "kdedge.quantize/1"
    assert document["path"] == str(target)
    assert document["file_type"] == "Q4_0"
    assert document["file_bytes"] == target.stat().st_size
    assert document["source"]["path"] == str(model)
    assert len(document["source"]["sha256"]) == 64
    assert document["overrides"] == ["ffn_down=Q8_0"]
    assert document["divergence"] is None
    assert document["divergence_reason"]
    rows = {row["tensor"]: row for row in document["plan"]}
    assert rows["blk.0.ffn_down.weight"] == {
        "tensor": "blk.0.ffn_down.weight",
        "from": "F32",
        "to": "Q8_0",
        "bytes": 64 * 96 // 32 * 34,
        "fallback": False,
    }


def test_a_plan_of_one_type_shows_every_tensor_and_writes_nothing(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(model.parent.iterdir())
    assert run(model, "--type", "Q4_K_M", "--plan") == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in weights())
    assert "fall back to another type" in shown
    assert sorted(model.parent.iterdir()) == before


def test_a_plan_without_a_type_hides_what_buys_nothing_unless_all_is_asked_for(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(model, "--plan") == 0
    short = capsys.readouterr().out
    assert run(model, "--plan", "--all") == 0
    whole = capsys.readouterr().out
    assert "Q8_0" in short
    assert "Q2_K " not in short
    assert "--all" in short
    assert "Q2_K " in whole
    assert "no smaller than" in whole


def test_the_document_of_all_types_says_why_names_are_hidden(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "types.json"
    assert run(model, "--plan", "--json", path) == 0
    document = json.loads(path.read_text())
    rows = {row["file_type"]: row for row in document["types"]}
    assert rows["Q8_0"]["hidden"] is None
    assert rows["F32"]["hidden"] == "what the source is already"
    assert rows["Q4_K_M"]["fallbacks"] > 0


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--type", "Q4_X"], "no type this version makes"),
        (["--type", "Q4_0", "--override", "up=Q9"], "no type that a tensor can have"),
        (["--type", "Q4_0", "--override", "("], "is not REGEX=TYPE"),
        (["--type", "Q4_0", "--override", "nothing=Q8_0"], "matches no tensor"),
        (["--type", "Q4_0", "--imatrix", "missing.gguf"], "missing.gguf cannot be read"),
    ],
)
def test_a_wrong_word_is_told_in_a_sentence_and_nothing_is_written(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], problem: str
) -> None:
    assert run(model, tmp_path / "small.gguf", *words) == 1
    told = capsys.readouterr().err
    assert problem in told
    assert "hint: " in told
    assert list(tmp_path.iterdir()) == []


def test_no_type_and_no_plan_is_a_usage_error(model: Path, tmp_path: Path) -> None:
    assert run(model, tmp_path / "small.gguf") == 2
    assert run(model, "--type", "Q4_0") == 2


SHORT = ("--chunks", "2", "--chunk-tokens", "64")
CODE = "".join(chr(33 + number * number % 90) for number in range(3000))


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "held_out.txt"
    path.write_text(CODE)
    return path


def chosen(path: Path) -> tuple[str | None, dict[str, str | None]]:
    choice = json.loads(path.read_text())["choice"]
    return choice["chosen"], {each["name"]: each["lost"] for each in choice["tried"]}


def test_the_smallest_type_within_a_divergence_is_written(
    model: Path, tmp_path: Path, text: Path
) -> None:
    target, document = tmp_path / "small.gguf", tmp_path / "choice.json"
    words = ["--max-kl", "5", "--candidates", "Q8_0,q4_0,Q5_0", *SHORT, "--text", text]
    assert run(model, target, *words, "--json", document) == 0
    assert read_header(target).file_type == "Q4_0"
    name, lost = chosen(document)
    assert name == "Q4_0"
    assert "Q4_0 is smaller" in str(lost["Q8_0"])
    told = json.loads(document.read_text())
    assert told["divergence"]["mean_kl"] == told["choice"]["tried"][0]["mean_kl"]
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "choice.json",
        "held_out.txt",
        "small.gguf",
    ]


def test_within_a_budget_the_least_divergent_type_is_written(
    model: Path, tmp_path: Path, text: Path
) -> None:
    target, document = tmp_path / "small.gguf", tmp_path / "choice.json"
    words = ["--budget", "100kB", *SHORT, "--text", text, "--json", document]
    assert run(model, target, *words) == 0
    assert target.stat().st_size <= 100_000
    name, lost = chosen(document)
    assert lost[str(name)] is None
    assert name == "Q5_K_M"


def test_a_limit_that_nothing_meets_exits_3_with_what_was_tried(
    model: Path, tmp_path: Path, text: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, document = tmp_path / "small.gguf", tmp_path / "choice.json"
    words = ["--type", "Q4_0", "--max-kl", "1e-9", *SHORT, "--text", text]
    assert run(model, target, *words, "--json", document) == 3
    assert not target.exists()
    name, lost = chosen(document)
    assert name is None
    assert "mean KL" in str(lost["Q4_0"])
    assert "None of 1 candidates meets the limits" in capsys.readouterr().err


def test_divergence_of_a_named_type_is_measured_when_a_text_is_given(
    model: Path, tmp_path: Path, text: Path
) -> None:
    target, document = tmp_path / "small.gguf", tmp_path / "made.json"
    words = ["--type", "Q8_0", "--text", text, *SHORT, "--json", document]
    assert run(model, target, *words) == 0
    found = json.loads(document.read_text())["divergence"]
    assert 0 < found["mean_kl"] < 0.1
    assert 0.9 <= found["top1_agreement"] <= 1


def test_a_quantised_source_is_refused_before_statistics_are_gathered(
    model: Path, tmp_path: Path, text: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    once = tmp_path / "once.gguf"
    assert run(model, once, "--type", "Q8_0") == 0
    assert run(once, tmp_path / "small.gguf", "--type", "Q4_0", "--calibration", text) == 1
    assert "already quantised" in capsys.readouterr().err
    assert not (tmp_path / "small.imatrix.gguf").exists()


def test_a_choice_for_a_missing_folder_is_refused_before_anything_is_measured(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(model, tmp_path / "no" / "small.gguf", "--max-kl", "1") == 1
    assert "does not exist" in capsys.readouterr().err


def test_statistics_of_a_calibration_text_are_gathered_first_and_kept(
    model: Path, tmp_path: Path, text: Path
) -> None:
    target = tmp_path / "small.gguf"
    assert run(model, target, "--type", "Q4_0", "--calibration", text) == 0
    assert (tmp_path / "small.imatrix.gguf").exists()
    metadata = read_header(target).metadata
    assert metadata["quantize.imatrix.file"] == "small.imatrix.gguf"


@pytest.mark.parametrize("size", ["90 parrots", "", "-1MB", "1TB2"])
def test_a_budget_that_is_no_size_is_told(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], size: str
) -> None:
    assert run(model, tmp_path / "small.gguf", f"--budget={size}") == 1
    assert "is no size" in capsys.readouterr().err


def test_a_budget_below_every_type_is_told_with_the_smallest(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(model, tmp_path / "small.gguf", "--budget", "10kB") == 1
    assert "the smallest makes 0.1 MiB" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["--plan", "--budget", "1MB"],
        ["--plan", "--mix"],
        ["--type", "Q4_0", "--mix"],
        ["--candidates", "Q4_0,Q8_0"],
    ],
)
def test_options_that_do_not_go_together_are_a_usage_error(
    model: Path, tmp_path: Path, words: list[str]
) -> None:
    assert run(model, tmp_path / "small.gguf", *words) == 2
    assert list(tmp_path.iterdir()) == []


@contextmanager
def at_work(model: Path, target: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HELD, "quantize", str(model), str(target), "--type", "Q8_0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_nothing_and_exits_130(
    model: Path, tmp_path: Path, number: signal.Signals
) -> None:
    with at_work(model, tmp_path / "small.gguf") as process:
        child = psutil.Process(process.pid).children()[0]
        process.send_signal(number)
        assert process.wait() == 130
        assert not child.is_running()
    assert list(tmp_path.iterdir()) == []


def test_a_kill_leaves_no_file_at_all(model: Path, tmp_path: Path) -> None:
    with at_work(model, tmp_path / "small.gguf") as process:
        assert len(list(tmp_path.iterdir())) == 1, "the unfinished file"
        child = psutil.Process(process.pid).children()[0]
        os.kill(process.pid, signal.SIGKILL)
        child.wait(30)
    assert list(tmp_path.iterdir()) == []
    assert read_header(model).file_type == "F32"
