from pathlib import Path

import pytest

from kdedge_gui.pages.convert.plan import (
    ConvertWish,
    Limits,
    QuantizeWish,
    convert_step,
    quantize_steps,
    types_plan_spec,
    usual_name,
)

MASTER = Path("/m/model.BF16.gguf")


def _wish(**changes: object) -> QuantizeWish:
    fields = {"master": MASTER, "folder": Path("/out"), "name": "model", "types": ("Q8_0", "Q4_0")}
    return QuantizeWish(**{**fields, **changes})


def _lines(wish: QuantizeWish) -> list[str]:
    return [" ".join(step.spec.words()) for step in quantize_steps(wish)]


def test_a_checkpoint_is_converted_with_proof_unless_told_otherwise() -> None:
    wish = ConvertWish(checkpoint=Path("/c"), folder=Path("/out"), name="model")
    step = convert_step(wish)
    assert step.spec.words() == ["kdedge", "convert", "/c", "-o", "/out/model.BF16.gguf"]
    unproven = ConvertWish(
        checkpoint=Path("/c"), folder=Path("/out"), name="m", dtype="f16", verify=False
    )
    assert convert_step(unproven).spec.words()[-3:] == ["--dtype", "f16", "--no-verify"]


def test_each_type_is_a_job_and_divergence_comes_last() -> None:
    assert _lines(_wish()) == [
        "kdedge quantize /m/model.BF16.gguf /out/model.Q8_0.gguf --type Q8_0",
        "kdedge quantize /m/model.BF16.gguf /out/model.Q4_0.gguf --type Q4_0",
        "kdedge divergence /m/model.BF16.gguf /out/model.Q8_0.gguf /out/model.Q4_0.gguf",
    ]
    assert len(quantize_steps(_wish(measure=False))) == 2


def test_an_imatrix_is_gathered_before_it_is_used() -> None:
    first, second = _lines(_wish(types=("Q8_0",), measure=False, gather=True))
    assert first == "kdedge imatrix /m/model.BF16.gguf -o /out/model.imatrix.gguf"
    assert second.endswith("--type Q8_0 --imatrix /out/model.imatrix.gguf")


def test_a_choice_is_one_job_with_its_limits() -> None:
    limits = Limits(budget="90MB", max_kl=0.05, min_decode_tokens_per_s=12.5)
    (line,) = _lines(_wish(limits=limits, imatrix=Path("/i.gguf")))
    assert line == (
        "kdedge quantize /m/model.BF16.gguf /out/model.chosen.gguf --budget 90MB --max-kl 0.05 "
        "--min-decode-speed 12.5 --candidates Q8_0,Q4_0 --imatrix /i.gguf"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"types": ()}, "at least one type"),
        ({"limits": Limits()}, "at least one limit"),
        ({"name": ""}, "a name"),
        ({"name": "../x"}, "a name"),
        ({"folder": Path("/m"), "types": ("BF16",)}, "replace the master"),
    ],
)
def test_what_cannot_be_made_is_said_and_gives_no_job(
    changes: dict[str, object], words: str
) -> None:
    wish = _wish(**changes)
    assert words in wish.problem
    assert quantize_steps(wish) == ()


def test_a_plan_says_every_type_with_the_imatrix() -> None:
    spec = types_plan_spec(MASTER, imatrix=Path("/i.gguf"))
    assert spec.arguments == (str(MASTER), "--plan", "--imatrix", "/i.gguf")
    assert not spec.heavy


@pytest.mark.parametrize(
    ("source", "name"),
    [("a/Model.BF16.gguf", "Model"), ("a/m-f16.gguf", "m"), ("a/Smol-1.7B", "Smol-1.7B")],
)
def test_files_are_called_after_their_source_without_its_type(source: str, name: str) -> None:
    assert usual_name(Path(source)) == name
