import re
import sys
from html.parser import HTMLParser
from typing import Any

import pytest

from kdedge.report.as_html import report_as_html
from tests.kdedge.report import examples
from tests.kdedge.report.reports import report

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)> $x_1$ {{ 7*7 }} --> &amp;'


VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Counts what is in a page and checks that every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def hostile_documents() -> list[dict[str, Any]]:
    documents = [examples.profile("Q8_0"), examples.evaluation("Q8_0"), examples.profile("Q4_0")]
    for document in documents:
        document["model"]["notes"] = [HOSTILE]
        document["model"]["path"] = document["model"]["path"].replace(
            "SmolLM2", HOSTILE.replace("/", "")
        )
        document["model"]["architecture"] = HOSTILE
        document["machine"][HOSTILE] = HOSTILE
        document["software"]["kdedge"] = HOSTILE
    for row in documents[1]["verdicts"]:
        row["detail"] = HOSTILE
        row["task_id"] += HOSTILE
    documents[1]["verdicts"][7]["verdict"] = HOSTILE
    documents[1]["suite"]["name"] = HOSTILE
    documents[0]["noise"] = {"verdict": HOSTILE, "reasons": [HOSTILE]}
    documents[2]["settings"][HOSTILE] = HOSTILE
    return documents


def test_every_element_is_closed() -> None:
    for contents in (examples.three_models(), [examples.profile()], hostile_documents()):
        assert Page(report_as_html(report(*contents))).open == []


def test_nothing_of_a_document_becomes_part_of_the_page() -> None:
    text = report_as_html(report(*hostile_documents()))
    page = Page(text)
    assert not {"script", "img", "iframe", "link", "object", "form"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "49" not in re.findall(r"x_1\$ (\d+)", text)
    assert "{{ 7*7 }}" in text


def test_the_page_refers_to_nothing_outside_of_itself() -> None:
    text = report_as_html(report(*examples.three_models()))
    page = Page(text)
    references = [
        value for name, value in page.attributes if name in {"href", "src", "xlink:href"}
    ]
    assert all(value is not None and value.startswith("#") for value in references)
    assert not re.search(r"url\((?!#)", text)
    assert "@import" not in text
    addresses = set(re.findall(r"https?://[^\s\"'<>]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_the_same_documents_give_the_same_page() -> None:
    pages = [report_as_html(report(*examples.three_models())) for _ in range(2)]
    assert pages[0] == pages[1]


def test_no_two_elements_share_an_id() -> None:
    page = Page(report_as_html(report(*examples.three_models())))
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_every_picture_is_told_in_words() -> None:
    text = report_as_html(report(*examples.three_models()))
    assert text.count("<svg") == 7
    told = re.findall(r'<figure role="img" aria-label="([^"]*)"', text)
    assert len(told) == 7
    assert all("Q8_0" in words for words in told)


def test_pictures_take_their_colours_from_the_page() -> None:
    text = report_as_html(report(*examples.three_models()))
    drawings = "".join(re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL))
    assert "var(--accent)" in drawings
    assert not re.search(r"#[0-9a-f]{6}\b", drawings)
    for scheme in ("prefers-color-scheme: dark", "@media print"):
        assert scheme in text


def test_without_matplotlib_the_page_is_whole_and_says_how_to_get_plots(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # an import of it fails
    text = report_as_html(report(*examples.three_models()))
    assert "pip install &#34;kdedge-toolkit[report]&#34;" in text
    assert "<svg" not in text
    assert Page(text).open == []
    assert "Problem by problem" in text


def test_problems_have_a_sign_beside_their_colour() -> None:
    text = report_as_html(report(*examples.three_models()), draw=False)
    assert 'title="HumanEval/0: passed" aria-label="HumanEval/0: passed">✓</span>' in text
    assert "ran out of time" in text


def test_notes_on_the_origin_of_a_file_are_shown() -> None:
    profile = examples.profile()
    profile["model"]["notes"] = ["Made from an already quantised file."]
    assert "Made from an already quantised file." in report_as_html(report(profile), draw=False)


def test_the_commands_that_repeat_the_measurement_are_shown() -> None:
    text = report_as_html(report(*examples.three_models()), draw=False)
    assert "kdedge profile SmolLM2-135M-Instruct.Q8_0.gguf --context 2048 --threads 2" in text
    assert "--suite humaneval-mini --preset evalplus-chat/1" in text


def test_reasons_for_missing_numbers_are_told() -> None:
    text = report_as_html(report(examples.profile()), draw=False)
    assert "this machine has no readable energy counter" in text


def test_unusable_timings_are_struck_out_and_never_the_best() -> None:
    noisy = examples.profile("Q4_0", noise="unusable")
    text = report_as_html(report(noisy, examples.profile("Q8_0")), draw=False)
    assert '<td class="spoiled" title="too much noise">163</td>' in text
    assert '<td class="best">163</td>' not in text
    assert '<td class="best">87 MiB</td>' in text


def test_unusable_timings_are_not_drawn() -> None:
    text = report_as_html(report(examples.profile(noise="unusable")), draw=True)
    assert text.count("<svg") == 1
    assert "Memory by kind" in text


def test_many_models_get_a_line_each() -> None:
    contents = [examples.profile(name=f"model-{number}") for number in range(8)]
    text = report_as_html(report(*contents), draw=True)
    assert '<table class="long">' in text
    assert Page(text).open == []
