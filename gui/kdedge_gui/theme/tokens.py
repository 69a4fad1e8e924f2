"""The colours of the three looks, by what they are for.

Every text colour reaches a contrast of 4.5 against what it stands on (7 in high contrast); a test
holds them to it. Nothing else in the app names a colour.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One look: colours as ``#rrggbb``."""

    name: str
    """``light``, ``dark`` or ``contrast``."""
    is_dark: bool
    window: str
    """Behind everything."""
    surface: str
    """Cards, lists, inputs."""
    raised: str
    """Buttons, the row under the pointer, tool tips."""
    line: str
    """Borders and separators."""
    text: str
    muted: str
    """Captions and what is less important."""
    accent: str
    """The one colour that says: this one, here."""
    on_accent: str
    """Text upon ``accent``."""
    good: str
    warning: str
    bad: str
    info: str
    code_background: str
    selection: str
    """Behind selected text and rows; ``text`` stays readable upon it."""
    series: tuple[str, ...]
    """Six colours for charts, told apart by people who see red and green alike."""


LIGHT = Theme(
    name="light",
    is_dark=False,
    window="#f4f5f7",
    surface="#ffffff",
    raised="#eceef2",
    line="#d5d9e0",
    text="#1a1e26",
    muted="#586070",
    accent="#1a5fd0",
    on_accent="#ffffff",
    good="#18713a",
    warning="#8a5300",
    bad="#b3261e",
    info="#1a5fd0",
    code_background="#f2f4f7",
    selection="#d6e4fb",
    series=("#1a5fd0", "#b85500", "#00786c", "#a8327f", "#6a6500", "#535d6c"),
)

DARK = Theme(
    name="dark",
    is_dark=True,
    window="#15171c",
    surface="#1d2026",
    raised="#2a2e37",
    line="#3a3f4a",
    text="#e7eaf0",
    muted="#a3abb9",
    accent="#82b0ff",
    on_accent="#0b1a33",
    good="#6fd08c",
    warning="#f0b85a",
    bad="#ff8f87",
    info="#82b0ff",
    code_background="#171a1f",
    selection="#263a5e",
    series=("#82b0ff", "#f2a65a", "#4fc9b8", "#ec8fc6", "#d3cc57", "#b3bccb"),
)

CONTRAST = Theme(
    name="contrast",
    is_dark=True,
    window="#000000",
    surface="#000000",
    raised="#1c1c1c",
    line="#ffffff",
    text="#ffffff",
    muted="#e6e6e6",
    accent="#ffd800",
    on_accent="#000000",
    good="#6dff9c",
    warning="#ffc247",
    bad="#ffa59e",
    info="#8fd3ff",
    code_background="#000000",
    selection="#003c8f",
    series=("#8fd3ff", "#ffc247", "#6dff9c", "#ff9fdc", "#ffff66", "#ffffff"),
)

THEMES = {theme.name: theme for theme in (LIGHT, DARK, CONTRAST)}


def blend(over: str, under: str, *, share: float) -> str:
    """Return ``over`` laid upon ``under`` with an opacity of ``share``: tints of one colour."""
    mixed = (
        round(share * int(over[at : at + 2], 16) + (1 - share) * int(under[at : at + 2], 16))
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in mixed)


def contrast_ratio(first: str, second: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
