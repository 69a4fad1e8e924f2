import gzip
import json
from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.evaluate import samples
from kdedge.evaluate.samples import Kind, match_suite, read_samples, write_samples
from kdedge.evaluate.suites import load_suite


def _file(folder: Path, *lines: str | bytes) -> Path:
    path = folder / "samples.jsonl"
    path.write_bytes(
        b"\n".join(line.encode() if isinstance(line, str) else line for line in lines)
    )
    return path


def _row(number: int, text: str = "    pass", key: str = "completion") -> str:
    return json.dumps({"task_id": f"HumanEval/{number}", key: text})


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
@pytest.mark.parametrize("kind", ["completion", "solution"])
def test_what_is_written_is_read_again(tmp_path: Path, name: str, kind: Kind) -> None:
    rows = [("HumanEval/1", "    return 'ä\u2028'\n"), ("HumanEval/0", ""), ("HumanEval/1", "x")]
    write_samples(tmp_path / name, rows, kind=kind)
    read = read_samples(tmp_path / name)
    assert [(s.task_id, s.text) for s in read] == rows
    assert [s.sample for s in read] == [0, 0, 1]
    assert {s.kind for s in read} == {kind}


def test_the_same_samples_make_the_same_gzip_bytes(tmp_path: Path) -> None:
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        write_samples(tmp_path / name, [("HumanEval/0", "x")], kind="completion")
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match="does not exist"):
        write_samples(tmp_path / "gone" / "a.jsonl", [("HumanEval/0", "x")], kind="completion")

    def breaking() -> object:
        yield "HumanEval/0", "x"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_samples(tmp_path / "a.jsonl", breaking(), kind="completion")
    assert not list(tmp_path.iterdir())


def test_a_completion_follows_the_prompt_and_a_solution_stands_alone(tmp_path: Path) -> None:
    problem = load_suite("humaneval").problem("HumanEval/3")
    path = _file(tmp_path, _row(3, "    body"), _row(3, "whole", key="solution"))
    completion, solution = read_samples(path)
    assert completion.program(problem) == problem.prompt + "    body"
    assert solution.program(problem) == "whole"


def test_a_row_with_both_is_taken_as_evalplus_takes_it(tmp_path: Path) -> None:
    row = {"task_id": "HumanEval/0", "completion": "a", "solution": "b", "_identifier": "x"}
    (sample,) = read_samples(_file(tmp_path, json.dumps(row)))
    assert (sample.kind, sample.text) == ("solution", "b")


def test_blank_lines_windows_line_ends_and_a_byte_order_mark_are_passed_over(
    tmp_path: Path,
) -> None:
    path = _file(tmp_path, "\ufeff" + _row(0) + "\r", "", "  \r", _row(1))
    assert [(s.task_id, s.line) for s in read_samples(path)] == [
        ("HumanEval/0", 1),
        ("HumanEval/1", 4),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "no JSON at character"),
        ("[1, 2]", "holds a list"),
        ('"text"', "holds a str"),
        ("null", "holds a NoneType"),
        ("{}", '"task_id" is missing'),
        ('{"task_id": 3, "completion": "x"}', '"task_id" is missing'),
        ('{"task_id": "HumanEval/0"}', '"completion" is missing'),
        ('{"task_id": "HumanEval/0", "solution": null}', '"solution" is missing'),
        (b'{"task_id": "\xff"}', "not UTF-8"),
        ("[" * 100_000, "recursion"),
        ("9" * 5_000, "digits"),
    ],
)
def test_a_line_that_is_no_sample_is_named_by_its_number(
    tmp_path: Path, line: str | bytes, reason: str
) -> None:
    path = _file(tmp_path, _row(0), "", line)
    with pytest.raises(KdedgeError, match=f"line 3 is not a sample.*{reason}") as caught:
        read_samples(path)
    assert "task_id" in caught.value.hint


def test_a_lone_surrogate_becomes_a_replacement_character(tmp_path: Path) -> None:
    line = '{"task_id": "HumanEval/0", "completion": "a\\ud800b \\ud83d\\ude00"}'
    (sample,) = read_samples(_file(tmp_path, line))
    assert sample.text == "a\ufffdb \U0001f600"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match="no samples"):
        read_samples(_file(tmp_path, "", "\n"))


def test_a_file_that_is_not_there_or_is_a_folder_is_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.jsonl", tmp_path):
        with pytest.raises(KdedgeError, match="cannot be read"):
            read_samples(path)


def test_a_gzip_file_cut_short_or_garbled_is_a_sentence(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(_row(i) for i in range(500)).encode())
    for damaged in (whole[:-20], whole[:40] + b"\0" * 40 + whole[80:], b"\x1f\x8bxx"):
        path = tmp_path / "damaged.jsonl.gz"
        path.write_bytes(damaged)
        with pytest.raises(KdedgeError, match="damaged gzip"):
            read_samples(path)


def test_gzip_is_known_by_its_bytes_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_bytes(gzip.compress(_row(7).encode()))
    assert read_samples(path)[0].task_id == "HumanEval/7"


def test_an_endless_line_is_refused_before_it_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"x" * (samples.MAX_LINE_BYTES + 2)))
    with pytest.raises(KdedgeError, match="line 1: more than 4 MiB"):
        read_samples(path)


def test_a_file_over_the_limits_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _file(tmp_path, *[_row(0)] * 5)
    monkeypatch.setattr(samples, "MAX_SAMPLES", 4)
    with pytest.raises(KdedgeError, match="more than 4 samples"):
        read_samples(path)
    monkeypatch.setattr(samples, "MAX_FILE_BYTES", 100)
    with pytest.raises(KdedgeError, match="line 2: more than"):
        read_samples(path)


def test_samples_are_put_in_the_suites_order_and_the_missing_are_named(tmp_path: Path) -> None:
    suite = load_suite("humaneval")
    path = _file(tmp_path, _row(5, "a"), _row(2, "b"), _row(5, "c"))
    matched = match_suite(read_samples(path), suite)
    assert [(s.task_id, s.sample, s.text) for s in matched.samples] == [
        ("HumanEval/2", 0, "b"),
        ("HumanEval/5", 0, "a"),
        ("HumanEval/5", 1, "c"),
    ]
    assert len(matched.missing) == 162
    assert matched.n_samples == 1


def test_a_sample_of_another_suite_is_refused_by_its_line(tmp_path: Path) -> None:
    path = _file(tmp_path, _row(0), '{"task_id": "Mbpp/2", "solution": ""}')
    with pytest.raises(KdedgeError, match=r"Line 2: humaneval has no problem 'Mbpp/2'"):
        match_suite(read_samples(path), load_suite("humaneval"))


def test_no_samples_at_all_cannot_be_matched() -> None:
    with pytest.raises(KdedgeError, match="no samples"):
        match_suite((), load_suite("humaneval"))
