import pytest
from PySide6.QtWidgets import QCheckBox, QPushButton
from pytestqt.qtbot import QtBot

from kdedge_gui.pages.models.remove_dialog import RemoveDialog, can_be_removed
from tests.kdedge_gui.models.cases import entry


def _parts(dialog: RemoveDialog) -> tuple[QCheckBox, QPushButton]:
    (delete,) = dialog.findChildren(QCheckBox)
    (remove,) = [each for each in dialog.findChildren(QPushButton) if "Remove" in each.text()]
    return delete, remove


@pytest.mark.parametrize(
    ("origin", "can"),
    [("added", True), ("kdedge", True), ("ollama", False), ("starter", False), ("folder", False)],
)
def test_only_what_the_user_or_kdedge_put_there_can_be_removed(origin: str, can: bool) -> None:
    assert can_be_removed(entry(origin=origin)) is can


def test_the_file_stays_unless_that_is_chosen(qtbot: QtBot) -> None:
    dialog = RemoveDialog(entry())
    with qtbot.waitSignal(dialog.confirmed) as confirmed:
        _parts(dialog)[1].click()
    assert confirmed.args == [False]


def test_deleting_the_file_is_a_choice_of_its_own(qtbot: QtBot) -> None:
    dialog = RemoveDialog(entry())
    delete, remove = _parts(dialog)
    delete.setChecked(True)
    with qtbot.waitSignal(dialog.confirmed) as confirmed:
        remove.click()
    assert confirmed.args == [True]


def test_a_file_that_kdedge_keeps_leaves_the_list_only_when_it_is_deleted(qtbot: QtBot) -> None:
    dialog = RemoveDialog(entry(origin="kdedge"))
    delete, remove = _parts(dialog)
    assert not remove.isEnabled()
    delete.setChecked(True)
    assert remove.isEnabled()
    dialog.deleteLater()


def test_nothing_is_offered_to_be_deleted_where_the_file_is_gone(qtbot: QtBot) -> None:
    dialog = RemoveDialog(entry(file_bytes=None))
    assert _parts(dialog)[0].isHidden()
    dialog.deleteLater()
