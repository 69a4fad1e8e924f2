"""The style sheet and palette, made from a theme's colours and the text size.

Widgets say what they are with dynamic properties and never how they look::

    mark(label, "role", "title")      title subtitle caption number mono
    mark(button, "kind", "primary")   primary danger quiet
    mark(frame, "role", "card")       card panel

Lengths follow the text height, so that nothing is cut at 200 % text.
"""

from pathlib import Path
from string import Template

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QWidget

from kdedge_gui.theme.tokens import Theme, blend

_TITLE = 1.7
_SUBTITLE = 1.25
_NUMBER = 1.9
_CAPTION = 0.92
_PIXELS_PER_POINT = 4 / 3
_DRAWINGS = Path(__file__).parent / "drawings"
"""Arrows and check marks, one file a theme: a style sheet takes pictures from files only."""


def mark(widget: QWidget, name: str, value: object) -> None:
    """Set a dynamic property and let the style sheet see it, also after the widget is shown."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def mono_font(size_points: float) -> QFont:
    """Return the system's fixed-width font in ``size_points``."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(size_points)
    return font


def palette(theme: Theme) -> QPalette:
    """Return the palette that Fusion draws with."""
    made = QPalette()
    roles = QPalette.ColorRole
    colours = {
        roles.Window: theme.window,
        roles.WindowText: theme.text,
        roles.Base: theme.surface,
        roles.AlternateBase: theme.window,
        roles.Text: theme.text,
        roles.PlaceholderText: theme.muted,
        roles.Button: theme.raised,
        roles.ButtonText: theme.text,
        roles.BrightText: theme.bad,
        roles.ToolTipBase: theme.raised,
        roles.ToolTipText: theme.text,
        roles.Highlight: theme.selection,
        roles.HighlightedText: theme.text,
        roles.Link: theme.accent,
        roles.LinkVisited: theme.accent,
        roles.Accent: theme.accent,
        roles.Light: theme.surface,
        roles.Midlight: theme.raised,
        roles.Mid: theme.line,
        roles.Dark: theme.line,
        roles.Shadow: theme.line,
    }
    for role, colour in colours.items():
        made.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText, roles.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(_disabled(theme)))
    return made


def style_sheet(theme: Theme, *, font_points: float, mono_family: str) -> str:
    """Return the whole app's style sheet.

    Args:
        theme: The colours.
        font_points: Size of ordinary text.
        mono_family: The font of code and commands.
    """
    border = 2 if theme.name == "contrast" else 1
    values = {
        "window": theme.window,
        "surface": theme.surface,
        "raised": theme.raised,
        "line": theme.line,
        "text": theme.text,
        "muted": theme.muted,
        "disabled": _disabled(theme),
        "accent": theme.accent,
        "accent_hover": blend(theme.text, theme.accent, share=0.14),
        "on_accent": theme.on_accent,
        "bad": theme.bad,
        "bad_tint": blend(theme.bad, theme.surface, share=0.14),
        "hover": blend(theme.text, theme.raised, share=0.08),
        "faint": blend(theme.text, theme.surface, share=0.06),
        "pressed": blend(theme.text, theme.raised, share=0.16),
        "code": theme.code_background,
        "selection": theme.selection,
        "border": f"{border}px",
        "mono": mono_family,
        "title": f"{font_points * _TITLE:.1f}pt",
        "subtitle": f"{font_points * _SUBTITLE:.1f}pt",
        "number": f"{font_points * _NUMBER:.1f}pt",
        "caption": f"{font_points * _CAPTION:.1f}pt",
        "icon": f"{round(font_points * _PIXELS_PER_POINT * 1.2)}px",
        "box": f"{round(font_points * _PIXELS_PER_POINT * 1.2)}px",
        "round": f"{round(font_points * _PIXELS_PER_POINT * 0.6) + border}px",
        "arrow": f"{round(font_points * _PIXELS_PER_POINT)}px",
        "drop": f"{round(font_points * _PIXELS_PER_POINT * 1.9)}px",
        "drawing": f"{_DRAWINGS.as_posix()}/",
        "name": theme.name,
        "handle": blend(theme.text, theme.window, share=0.3),
        "handle_hover": blend(theme.text, theme.window, share=0.5),
    }
    return _SHEET.substitute(values)


def _disabled(theme: Theme) -> str:
    return blend(theme.text, theme.surface, share=0.62 if theme.name == "contrast" else 0.42)


_SHEET = Template("""
QToolTip { background: $raised; color: $text; border: $border solid $line; padding: 4px 8px; }
QLabel { background: transparent; }
QLabel[role="title"] { font-size: $title; font-weight: 600; }
QLabel[role="subtitle"] { font-size: $subtitle; font-weight: 600; }
QLabel[role="number"] { font-size: $number; font-weight: 600; }
QLabel[role="caption"] { font-size: $caption; color: $muted; }
QLabel[role="mono"] { font-family: "$mono"; }

QFrame[role="card"] {
  background: $surface; border: $border solid $line; border-radius: 8px;
}
QLineEdit[role="command"] {
  font-family: "$mono"; background: transparent; border: none; padding: 4px 0;
}
QLineEdit[role="command"]:focus { border: none; padding: 4px 0; background: $selection; }
QFrame[role="panel"] { background: $code; border: none; border-radius: 6px; }
QFrame[role="strip"] {
  background: $surface; border: $border solid $line; border-radius: 6px;
}
QFrame[role="separator"] { background: $line; border: none; max-height: 1px; min-height: 1px; }

QPushButton, QToolButton { icon-size: $icon; }
QPushButton, QToolButton {
  background: $raised; color: $text; border: $border solid $line; border-radius: 6px;
  padding: 6px 14px;
}
QToolButton { padding: 6px; }
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed, QPushButton:checked, QToolButton:checked {
  background: $pressed;
}
QPushButton:focus, QToolButton:focus { border: 2px solid $accent; padding: 5px 13px; }
QToolButton:focus { padding: 5px; }
QPushButton:disabled, QToolButton:disabled { color: $disabled; background: $raised; }
QPushButton[kind="primary"] {
  background: $accent; color: $on_accent; border: $border solid $accent; font-weight: 600;
}
QPushButton[kind="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; padding: 5px 13px; }
QPushButton[kind="primary"]:disabled {
  background: $raised; color: $disabled; border: $border solid $line;
}
QPushButton[kind="danger"] { color: $bad; border: $border solid $bad; background: transparent; }
QPushButton[kind="danger"]:hover { background: $bad_tint; }
QPushButton[kind="danger"]:focus { border: 2px solid $bad; padding: 5px 13px; }
QPushButton[kind="danger"]:disabled { color: $disabled; border: $border solid $line; }
QPushButton[kind="quiet"], QToolButton[kind="quiet"] {
  background: transparent; border: $border solid transparent;
}
QPushButton[kind="quiet"]:hover, QToolButton[kind="quiet"]:hover { background: $raised; }
QPushButton[kind="quiet"]:focus, QToolButton[kind="quiet"]:focus { border: 2px solid $accent; }
QPushButton[kind="quiet"]:disabled, QToolButton[kind="quiet"]:disabled { background: transparent; }
QPushButton::menu-indicator {
  subcontrol-origin: padding; subcontrol-position: center right; right: 8px;
  image: url("${drawing}down-$name.svg"); width: $arrow; height: $arrow;
}

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit, QTextEdit {
  background: $surface; color: $text; border: $border solid $line; border-radius: 6px;
  selection-background-color: $selection; selection-color: $text;
}
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox { padding: 5px 8px; }
QPlainTextEdit, QTextEdit { padding: 4px; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {
  border: 2px solid $accent; padding: 4px 7px;
}
QPlainTextEdit:focus, QTextEdit:focus { border: 2px solid $accent; padding: 3px; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {
  color: $disabled; background: $window;
}
QAbstractSpinBox { qproperty-alignment: AlignCenter; }
QComboBox::drop-down {
  subcontrol-origin: border; subcontrol-position: center right; width: $drop; border: none;
}
QComboBox::down-arrow { image: url("${drawing}down-$name.svg"); width: $arrow; height: $arrow; }
QSpinBox::up-button, QDoubleSpinBox::up-button {
  subcontrol-origin: border; subcontrol-position: top right; width: $drop; border: none;
  background: transparent;
}
QSpinBox::down-button, QDoubleSpinBox::down-button {
  subcontrol-origin: border; subcontrol-position: bottom right; width: $drop; border: none;
  background: transparent;
}
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {
  image: url("${drawing}up-$name.svg"); width: $arrow; height: $arrow;
}
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {
  image: url("${drawing}down-$name.svg"); width: $arrow; height: $arrow;
}
QCheckBox, QRadioButton { spacing: 8px; padding: 3px; border: 2px solid transparent; }
QCheckBox:focus, QRadioButton:focus { border: 2px solid $accent; border-radius: 6px; }
QCheckBox:disabled, QRadioButton:disabled { color: $disabled; }
QCheckBox::indicator, QRadioButton::indicator {
  width: $box; height: $box; background: $surface; border: $border solid $muted;
}
QCheckBox::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: $round; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked, QRadioButton::indicator:checked {
  background: $accent; border-color: $accent;
}
QCheckBox::indicator:checked { image: url("${drawing}check-$name.svg"); }
QRadioButton::indicator:checked { image: url("${drawing}dot-$name.svg"); }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {
  background: $raised; border-color: $line;
}
QComboBox QAbstractItemView {
  background: $surface; border: $border solid $line; padding: 4px; outline: none;
}
QPlainTextEdit[role="mono"], QTextEdit[role="mono"], QLineEdit[role="mono"] {
  font-family: "$mono";
}
QPlainTextEdit[role="code"], QTextEdit[role="code"] {
  font-family: "$mono"; background: $code; border-radius: 6px;
}

QAbstractItemView { background: $surface; alternate-background-color: $faint; outline: none; }
QTableView, QTreeView, QListView {
  border: $border solid $line; border-radius: 6px; gridline-color: $line;
  selection-background-color: $selection; selection-color: $text;
}
QTableView:focus, QTreeView:focus, QListView:focus { border: 2px solid $accent; }
QTableView::item, QTreeView::item { padding: 4px 8px; border: none; }
QListView::item { padding: 6px 8px; border-radius: 4px; }
QTableView::item:hover, QTreeView::item:hover, QListView::item:hover { background: $faint; }
QTableView::item:selected, QTreeView::item:selected, QListView::item:selected {
  background: $selection; color: $text;
}
QHeaderView { background: $surface; }
QHeaderView::section {
  background: $surface; color: $muted; border: none; border-bottom: $border solid $line;
  padding: 6px 8px; font-weight: 600;
}
QHeaderView::down-arrow { image: url("${drawing}down-$name.svg"); width: $arrow; height: $arrow; }
QHeaderView::up-arrow { image: url("${drawing}up-$name.svg"); width: $arrow; height: $arrow; }
QTableCornerButton::section { background: $surface; border: none; }

QTabWidget::pane { border: none; }
QTabBar { background: transparent; }
QTabBar::tab {
  background: transparent; color: $muted; padding: 8px 16px; border: none;
  border-bottom: 2px solid transparent;
}
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; font-weight: 600; }
QTabBar::tab:hover:!selected { color: $text; border-bottom: 2px solid $line; }
QTabBar:focus { background: $faint; border-radius: 4px; }

QProgressBar {
  background: $raised; border: none; border-radius: 4px; color: $text; text-align: center;
}
QProgressBar::chunk { background: $accent; border-radius: 4px; }
QSlider:horizontal { min-height: 24px; }
QSlider::groove:horizontal { height: 4px; background: $line; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal {
  background: $surface; border: 2px solid $accent; width: 14px; margin: -7px 0; border-radius: 9px;
}
QSlider::handle:horizontal:focus { background: $accent; border: 2px solid $text; }

QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget[role="page"] { background: transparent; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle:vertical {
  background: $handle; min-height: 32px; border-radius: 4px; margin: 2px;
}
QScrollBar::handle:horizontal {
  background: $handle; min-width: 32px; border-radius: 4px; margin: 2px;
}
QScrollBar::handle:hover { background: $handle_hover; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: $line; }

QMenu { background: $surface; border: $border solid $line; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }

QStatusBar { background: $surface; border-top: $border solid $line; }
QStatusBar::item { border: none; }
QDockWidget { color: $text; }
QDockWidget::title { background: $surface; padding: 6px 12px; }
QMainWindow::separator { background: $line; height: 1px; width: 1px; }
QFrame[role="navigation"] {
  background: $surface; border: none; border-right: $border solid $line;
}
QListView[role="pages"] { border: 2px solid transparent; background: transparent; padding: 6px; }
QListView[role="pages"]:focus { border: 2px solid transparent; }
QListView[role="pages"]::item {
  padding: 6px; margin: 1px 0; border: 2px solid transparent; border-radius: 6px;
}
QListView[role="pages"]::item:selected:focus { border: 2px solid $accent; }
QListView[role="plain"], QListView[role="plain"]:focus {
  border: none; background: transparent; padding: 0;
}
""")
