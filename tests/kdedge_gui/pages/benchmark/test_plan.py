"""What was chosen becomes command lines; what was not finished becomes them again."""

import pytest
from typer.main import get_command

from kdedge.cli.main import VERBS, load_app
from kdedge_gui.pages.benchmark.plan import (
    ModelChoice,
    Plan,
    Settings,
    Step,
    SuiteChoice,
    going_on,
    ks_within,
    resuming_step,
    steps_of,
)
from tests.kdedge_gui.pages.benchmark.fake_kdedge import subject

SMALL = ModelChoice(argument="small", label="small", path="/m/small.gguf", file_bytes=100)
LARGE = ModelChoice(argument="/m/large one.gguf", label="large one", path="/m/large one.gguf")
MINI = SuiteChoice(name="mini", n_problems=40)
WHOLE = SuiteChoice(name="whole", n_problems=164)


def words(plan: Plan) -> list[str]:
    return [" ".join(step.spec.words()) for step in steps_of(plan)]


def test_every_model_meets_every_suite_and_then_its_profile() -> None:
    plan = Plan(models=(SMALL, LARGE), suites=(MINI, WHOLE), with_profile=True)
    assert words(plan) == [
        "kdedge evaluate small --suite mini",
        "kdedge evaluate small --suite whole",
        "kdedge profile small --quick",
        "kdedge evaluate /m/large one.gguf --suite mini",
        "kdedge evaluate /m/large one.gguf --suite whole",
        "kdedge profile /m/large one.gguf --quick",
    ]
    assert plan.n_steps == 6


def test_only_what_differs_from_the_commands_own_choice_is_said() -> None:
    settings = Settings(
        n_samples=20, temperature=0.8, ks=(1, 10), seed=4, max_tokens=256, context_tokens=2048,
        n_problems=5, n_threads=3, n_gpu_layers=-1,
    )  # fmt: skip
    plan = Plan(models=(SMALL,), suites=(MINI,), settings=settings, with_profile=True)
    assert words(plan) == [
        (
            "kdedge evaluate small --suite mini --problems 5 -n 20 --temperature 0.8 --k 1,10"
            " --seed 4 --max-tokens 256 --context 2048 --threads 3 --gpu-layers -1"
        ),
        "kdedge profile small --quick --threads 3",
    ]


def test_more_problems_than_a_suite_has_are_all_of_them() -> None:
    plan = Plan(models=(SMALL,), suites=(MINI,), settings=Settings(n_problems=99))
    assert words(plan) == ["kdedge evaluate small --suite mini"]
    assert steps_of(plan)[0].n_problems == 40


@pytest.mark.parametrize(
    ("n", "ks"), [(1, (1,)), (9, (1,)), (10, (1, 10)), (200, (1, 10, 100)), (0, (1,))]
)
def test_the_usual_k_are_those_the_completions_suffice_for(n: int, ks: tuple[int, ...]) -> None:
    assert ks_within(n) == ks


def resumed(about: dict[str, object], verb: str = "evaluate") -> Step | None:
    return resuming_step(run_id="r1", verb=verb, subject=about, model_label="small")


def test_an_unfinished_evaluation_is_gone_on_with_by_its_own_settings() -> None:
    step = resumed(subject("/m/small.gguf", n_problems=4, n_samples=2))
    assert step is not None
    assert step.run_id == "r1"
    assert (step.n_problems, step.n_samples, step.suite) == (4, 2, "shelf")
    assert step.spec.words() == [
        "kdedge",
        "evaluate",
        "/m/small.gguf",
        "--suite",
        "shelf",
        "--problems",
        "4",
        "-n",
        "2",
        "--k",
        "1",
        "--temperature",
        "0.5",
        "--top-k",
        "0",
        "--top-p",
        "1.0",
        "--min-p",
        "0.0",
        "--seed",
        "3",
        "--max-tokens",
        "64",
        "--preset",
        "evalplus-base/1",
        "--context",
        "1536",
        "--resume",
        "--run",
        "r1",
    ]


def test_problems_chosen_by_name_are_chosen_by_name_again() -> None:
    about = subject("/m/small.gguf", n_problems=2, n_samples=1)
    about["suite"]["part"] = {"first": None, "task_ids": ["Shelf/2", "Shelf/5"]}
    step = resumed(about)
    assert step is not None
    assert "--task Shelf/2,Shelf/5" in " ".join(step.spec.words())


def test_an_unfinished_profile_is_gone_on_with_by_its_own_settings() -> None:
    about = {
        "model": {"path": "/m/small.gguf"},
        "suite": "mini",
        "settings": {
            "quick": True, "raw_only": False, "context_tokens": 4096, "n_threads": 2,
            "n_gpu_layers": -1, "seed": 0,
        },
    }  # fmt: skip
    step = resumed(about, "profile")
    assert step is not None
    assert step.spec.words() == [
        "kdedge",
        "profile",
        "/m/small.gguf",
        "--suite",
        "mini",
        "--quick",
        "--context",
        "4096",
        "--threads",
        "2",
        "--seed",
        "0",
        "--resume",
        "--run",
        "r1",
    ]


@pytest.mark.parametrize(
    ("about", "verb"),
    [({}, "evaluate"), ({"model": {"path": "x"}, "settings": {}}, "evaluate"), ({}, "compare")],
)
def test_a_run_that_does_not_say_enough_is_not_offered(
    about: dict[str, object], verb: str
) -> None:
    assert resumed(about, verb) is None


def test_a_job_goes_on_with_the_run_it_began_and_says_so_once() -> None:
    (step,) = steps_of(Plan(models=(SMALL,), suites=(MINI,)))
    again = going_on(going_on(step, "r1"), "r1")
    assert again.spec.words()[-3:] == ["--resume", "--run", "r1"]
    assert again.spec.arguments.count("--run") == 1
    assert again.run_id == "r1"


def test_the_real_command_line_takes_every_option_that_is_written() -> None:
    settings = Settings(
        n_samples=20, temperature=0.8, ks=(1, 10), seed=4, max_tokens=256, context_tokens=2048,
        n_problems=5, n_threads=3, n_gpu_layers=-1,
    )  # fmt: skip
    plan = Plan(models=(SMALL,), suites=(MINI,), settings=settings, with_profile=True)
    unfinished = resumed(subject("/m/small.gguf", n_problems=4, n_samples=2))
    assert unfinished is not None
    for step in (*steps_of(plan), unfinished):
        verb = next(each for each in VERBS if each.name == step.spec.verb)
        get_command(load_app(verb)).make_context(step.spec.verb, list(step.spec.arguments))
