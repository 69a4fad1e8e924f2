import pytest

from kdedge.report.plots.svg import ACCENT, canvas, short, style, to_svg

pytest.importorskip("matplotlib")


def drawn(text: str) -> str:
    with style():
        figure, axes = canvas(200, 100)
        axes.set_title(text)
        axes.plot([0, 1], [0, 1], color=ACCENT)
        return to_svg(figure, name="example")


def test_text_stays_text_and_is_escaped() -> None:
    assert "a &lt;b&gt; &amp; $x_1$" in drawn("a <b> & $x_1$")


def test_letters_that_the_measuring_font_lacks_are_left_to_the_page() -> None:
    assert "模型 🤖" in drawn("模型 🤖")


def test_a_picture_has_no_size_of_its_own_and_no_dates() -> None:
    svg = drawn("x")
    assert svg.startswith('<svg aria-hidden="true"')
    assert "viewBox" in svg
    assert ' width="200' not in svg
    assert "<metadata" not in svg
    assert "<!--" not in svg


def test_ids_begin_with_the_name_of_the_picture() -> None:
    assert 'id="example-' in drawn("x")
    assert 'id="figure_1"' not in drawn("x")


def test_a_long_label_loses_its_middle() -> None:
    label = short("qwen2.5-coder-1.5b-instruct-distilled Q4_K_M", 20)
    assert len(label) == 20
    assert label.endswith("Q4_K_M")
    assert label.startswith("qwen2.5")
    assert short("Q8_0") == "Q8_0"
