import pytest

from kdedge.core.errors import KdedgeError
from kdedge.profile.options import (
    ProfileOptions,
    RawRow,
    Settings,
    protocol_of,
    run_key,
    settings_of,
)


def settings(options: ProfileOptions | None = None, *, n_ctx_train: int | None = 8192) -> Settings:
    return settings_of(options or ProfileOptions(), n_ctx_train=n_ctx_train, default_threads=2)


@pytest.mark.parametrize(("n_ctx_train", "context"), [(8192, 4096), (2048, 2048), (None, 4096)])
def test_the_context_is_4096_or_what_the_model_was_made_for(
    n_ctx_train: int | None, context: int
) -> None:
    assert settings(n_ctx_train=n_ctx_train).context_tokens == context


def test_a_context_too_small_to_measure_in_is_refused_with_the_least_one() -> None:
    with pytest.raises(KdedgeError, match="100 tokens") as caught:
        settings(ProfileOptions(context_tokens=100))
    assert "--context 256" in caught.value.hint


@pytest.mark.parametrize("context", [256, 300, 512, 1024, 2048, 4096, 32768])
@pytest.mark.parametrize("quick", [False, True])
def test_every_request_fits_into_the_context(context: int, *, quick: bool) -> None:
    protocol = protocol_of(settings(ProfileOptions(context_tokens=context, quick=quick)))
    assert protocol.depths[0].n_cached == 0
    for depth in protocol.depths:
        assert depth.n_cached + depth.n_prompt + depth.n_gen <= context
        assert depth.n_prompt > 0
        assert depth.n_gen > 0


def test_a_large_context_is_measured_at_the_named_depths() -> None:
    protocol = protocol_of(settings())
    assert [depth.n_cached for depth in protocol.depths] == [0, 512, 2048]


def test_raw_measures_no_requests() -> None:
    assert protocol_of(settings(ProfileOptions(raw_only=True))).depths == ()


def test_rows_have_the_names_of_llama_bench() -> None:
    assert RawRow(n_prompt=512, n_gen=0).name == "pp512"
    assert RawRow(n_prompt=0, n_gen=128, n_depth=2048).name == "tg128 @ d2048"


def test_runs_of_other_settings_suites_or_software_do_not_resume_one_another() -> None:
    def key(**change: object) -> str:
        asked = {"model_sha256": "a", "settings": settings(), "suite": None, "software": {}}
        return run_key(**{**asked, **change})  # type: ignore[arg-type]

    others = [
        key(model_sha256="b"),
        key(settings=settings(ProfileOptions(quick=True))),
        key(suite="humaneval"),
        key(software={"llama_cpp_python": "9"}),
    ]
    assert key() == key()
    assert len({key(), *others}) == 5
