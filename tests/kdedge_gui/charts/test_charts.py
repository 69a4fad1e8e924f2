"""Charts show the numbers they are given, as a drawing, as a table, as a sentence, as a file."""

import struct
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from kdedge.core.errors import KdedgeError
from kdedge_gui.charts import Bar, BarChart, LineChart, Point, ScatterChart, Series, load_now
from kdedge_gui.charts.frame import Chart
from kdedge_gui.charts.plotting import Plotting, plotting
from kdedge_gui.numbers import percent_text
from kdedge_gui.theme.manager import ThemeManager


@pytest.fixture
def themes(qapp: object) -> ThemeManager:
    load_now()
    made = ThemeManager()
    made.set_choice("light")
    return made


def line(themes: ThemeManager) -> LineChart:
    chart = LineChart(themes, title="Memory", x_label="s", y_label="MiB")
    chart.set_series([Series("a", [0.0, 1.0, 2.0], [5.0, 7.0, 6.0]), Series("b", [0.0], [1.0])])
    return chart


def bars(themes: ThemeManager) -> BarChart:
    chart = BarChart(themes, title="pass@1", x_label="Model", y_label="pass@1")
    chart.set_number_texts(y=percent_text)
    chart.set_bars([Bar("small", 0.25, 0.15, 0.4), Bar("large", None)])
    return chart


def scatter(themes: ThemeManager) -> ScatterChart:
    chart = ScatterChart(themes, title="Front", x_label="speed", y_label="quality")
    chart.set_points([Point("one", 20.0, 0.3, y_low=0.2, y_high=0.4), Point("two", 40.0, 0.2)])
    chart.set_front([(20.0, 0.3), (40.0, 0.2)])
    return chart


MAKERS = [line, bars, scatter]


def shown(chart: Chart, qtbot: QtBot) -> Chart:
    qtbot.addWidget(chart)
    chart.resize(480, 320)
    chart.show()
    chart.draw_now()
    return chart


def pixels(chart: Chart) -> int:
    image = chart.grab().toImage()
    return len({image.pixel(x, y) for x in range(0, 480, 3) for y in range(60, 320, 3)})


@pytest.mark.parametrize("make", MAKERS)
def test_a_chart_with_data_is_drawn_in_many_colours_and_an_empty_one_is_not(
    make: object, themes: ThemeManager, qtbot: QtBot
) -> None:
    full = shown(make(themes), qtbot)  # type: ignore[operator]
    empty = shown(LineChart(themes, title="x"), qtbot)
    assert pixels(full) > pixels(empty) > 1


@pytest.mark.parametrize("make", MAKERS)
def test_a_chart_tells_its_name_and_what_it_shows(
    make: object, themes: ThemeManager, qtbot: QtBot
) -> None:
    chart = shown(make(themes), qtbot)  # type: ignore[operator]
    assert chart.accessibleName() == chart.title
    assert chart.accessibleDescription() == chart.summary()
    assert len(chart.summary()) > 20


@pytest.mark.parametrize("make", MAKERS)
def test_every_row_of_a_table_is_as_long_as_its_headings(
    make: object, themes: ThemeManager
) -> None:
    headings, rows = make(themes).as_table()  # type: ignore[operator]
    assert rows
    assert all(len(row) == len(headings) for row in rows)


def test_the_table_is_shown_instead_of_the_drawing(themes: ThemeManager, qtbot: QtBot) -> None:
    chart = shown(bars(themes), qtbot)
    chart.show_as_table(True)
    table = chart.findChild(type(chart._table))  # type: ignore[type-var]
    assert table is not None
    assert table.isVisible()
    model = table.model()
    texts = [model.data(model.index(0, column)) for column in range(model.columnCount())]
    assert texts[:2] == ["small", percent_text(0.25)]
    chart.show_as_table(False)
    assert not table.isVisible()


def test_what_was_not_measured_is_a_dash_and_no_bar(themes: ThemeManager) -> None:
    _, rows = bars(themes).as_table()
    assert rows[1] == ["large", "–", "–"]
    chart = BarChart(themes, title="x")
    chart.set_bars([Bar("large", None)])
    assert chart.is_empty()


def test_the_pointer_is_told_what_it_is_near_and_nothing_elsewhere(
    themes: ThemeManager, qtbot: QtBot
) -> None:
    chart = shown(scatter(themes), qtbot)
    canvas = chart._canvas
    assert canvas is not None
    at = canvas.place_of(40.0, 0.2)
    assert canvas.told_at(at).startswith("two")
    assert canvas.told_at(QPointF(at.x(), at.y() - 90)) == ""


def test_names_go_into_a_legend_where_they_would_hide_each_other(
    themes: ThemeManager, qtbot: QtBot
) -> None:
    chart = scatter(themes)
    chart.set_points([Point(f"a long name of model {n}", 1.0 + n / 100, 1.0) for n in range(6)])
    shown(chart, qtbot)
    assert len(chart._legend.names) == 6
    chart.set_points([Point("one", 1.0, 1.0), Point("two", 2.0, 2.0)])
    chart.draw_now()
    assert chart._legend.names == []


def test_a_name_is_not_struck_through_by_its_interval(themes: ThemeManager, qtbot: QtBot) -> None:
    chart = scatter(themes)
    wide = Point("one", 20.0, 0.3, x_low=10.0, x_high=30.0, y_low=0.2, y_high=0.4)
    chart.set_points([wide, Point("two", 40.0, 0.2)])
    chart.set_front([])
    shown(chart, qtbot)
    canvas = chart._canvas
    assert canvas is not None
    at = canvas.place_of(wide.x, wide.y)
    (corner,) = [
        canvas.getViewBox().mapViewToScene(item.pos())
        for item in canvas.getPlotItem().items
        if getattr(item, "textItem", None) is not None and item.toPlainText() == "one"
    ]
    size = canvas.text_size("one")
    assert corner.y() > at.y() or corner.y() + size.height() < at.y()
    assert corner.x() > at.x() or corner.x() + size.width() < at.x()


def test_a_chart_is_drawn_anew_when_the_theme_changes(themes: ThemeManager, qtbot: QtBot) -> None:
    chart = shown(line(themes), qtbot)
    before = chart.grab().toImage()
    themes.set_choice("dark")
    themes.changed.emit(themes.theme)
    chart.draw_now()
    assert chart.grab().toImage() != before


@pytest.mark.parametrize("make", MAKERS)
def test_a_picture_has_the_content_its_ending_says(
    make: object, themes: ThemeManager, qtbot: QtBot, tmp_path: Path
) -> None:
    chart = shown(make(themes), qtbot)  # type: ignore[operator]
    for ending, start in ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")):
        path = tmp_path / f"chart{ending}"
        chart.export(path)
        assert path.read_bytes().startswith(start)
    width, height = struct.unpack(">II", (tmp_path / "chart.png").read_bytes()[16:24])
    assert min(width, height) > 300
    assert not QImage(str(tmp_path / "chart.png")).isNull()
    assert "</text>" in (tmp_path / "chart.svg").read_text(encoding="utf-8")


def test_an_unknown_ending_is_refused_with_the_known_ones(
    themes: ThemeManager, qtbot: QtBot, tmp_path: Path
) -> None:
    chart = shown(line(themes), qtbot)
    with pytest.raises(KdedgeError, match=r"\.bmp") as caught:
        chart.export(tmp_path / "chart.bmp")
    assert ".svg" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_cannot_be_written_is_told_and_leaves_nothing(
    themes: ThemeManager, qtbot: QtBot, tmp_path: Path
) -> None:
    chart = shown(line(themes), qtbot)
    told = []
    chart.failed.connect(told.append)
    chart._export_to(tmp_path / "missing" / "chart.png")
    assert "does not exist" in told[0].problem


def test_without_pyqtgraph_the_place_says_how_to_get_it_and_the_table_is_there(
    themes: ThemeManager, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = Plotting()
    missing.problem = "Charts need pyqtgraph."
    monkeypatch.setattr("kdedge_gui.charts.frame.plotting", lambda: missing)
    chart = shown(line(themes), qtbot)
    assert chart._message.isVisible()
    assert chart._message.text() == "Charts need pyqtgraph."
    chart.show_as_table(True)
    assert not chart._message.isVisible()
    missing.deleteLater()


def test_a_missing_pyqtgraph_is_named_with_the_way_to_install_it(
    monkeypatch: pytest.MonkeyPatch, qapp: object
) -> None:
    def refuse(name: str) -> None:
        raise ModuleNotFoundError("No module named 'pyqtgraph'", name="pyqtgraph")

    monkeypatch.setattr("kdedge_gui.charts.plotting.importlib.import_module", refuse)
    found = Plotting()
    found.load_now()
    assert not found.is_ready
    assert "pip install" in found.problem


def test_charts_are_fetched_in_a_thread_and_then_drawn(
    themes: ThemeManager, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    coming = Plotting()
    monkeypatch.setattr("kdedge_gui.charts.frame.plotting", lambda: coming)
    chart = line(themes)
    qtbot.addWidget(chart)
    with qtbot.waitSignal(coming.arrived):
        chart.show()
        chart.draw_now()
        assert chart._canvas is None
        assert "coming" in chart._message.text()
    qtbot.waitUntil(lambda: chart._canvas is not None)
    assert plotting() is not coming


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        Series("a", [1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="two ends"):
        Series("a", [1.0], [1.0], low=[0.0])


def test_of_many_points_the_peaks_are_kept(themes: ThemeManager) -> None:
    from kdedge_gui.charts.canvas import thinned

    ys = [0.0] * 10_000
    ys[4321], ys[777] = 9.0, -5.0
    xs, kept = thinned([float(x) for x in range(10_000)], ys, columns=100)
    assert len(xs) == 200
    assert kept.max() == 9.0
    assert kept.min() == -5.0
    assert (xs[1:] >= xs[:-1]).all()
