"""Events as JSON lines: the keys are a contract with the app."""

import json

import pytest

from kdedge.core.events import CompletionMade, Event, Measured, Score, VerdictMade, to_json_line

EXAMPLES: dict[str, tuple[Event, dict[str, object]]] = {
    "completion_made": (
        CompletionMade(
            run="r", task_id="HumanEval/3", sample=0, n_tokens=7, ttft_s=0.5, decode_s=None,
            finish_reason="stop",
        ),
        {
            "run": "r", "task_id": "HumanEval/3", "sample": 0, "n_tokens": 7, "ttft_s": 0.5,
            "decode_s": None, "finish_reason": "stop",
        },
    ),
    "verdict_made": (
        VerdictMade(run="r", task_id="HumanEval/3", sample=0, verdict="passed"),
        {"run": "r", "task_id": "HumanEval/3", "sample": 0, "verdict": "passed"},
    ),
    "score": (
        Score(run="r", n_problems=2, pass_at_k={"1": {"value": 0.5, "ci95": [0.1, 0.9]}}),
        {"run": "r", "n_problems": 2, "pass_at_k": {"1": {"value": 0.5, "ci95": [0.1, 0.9]}}},
    ),
    "measured": (
        Measured(
            run="r", name="raw/tg128", repetition=0, value=9.0, unit="tokens/s",
            parts={"tokens_per_s": 9.0},
        ),
        {
            "run": "r", "name": "raw/tg128", "repetition": 0, "value": 9.0, "unit": "tokens/s",
            "parts": {"tokens_per_s": 9.0},
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", EXAMPLES)
def test_an_event_is_one_line_with_its_kind_and_the_keys_that_the_app_reads(kind: str) -> None:
    event, keys = EXAMPLES[kind]
    line = to_json_line(event)
    found = json.loads(line)
    assert "\n" not in line
    assert found.pop("at").endswith("+00:00")
    assert found == {"event": kind, **keys}
