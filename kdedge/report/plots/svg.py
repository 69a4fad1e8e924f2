"""From a matplotlib figure to SVG that can stand inside a page.

Text stays text (it can be selected, read aloud and found), in the page's own font. Colours are
names of the page's style sheet, so that one picture serves light, dark and paper. The same figure
always gives the same characters.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, GRID, PAPER = "#010001", "#010002", "#010003", "#010004"
ACCENT, QUIET = "#010005", "#010006"
WEIGHTS, CACHE, OTHER, MARK = "#010007", "#010008", "#010009", "#01000a"
"""Stand-ins: matplotlib wants numbers, the page wants names."""

_NAMES = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    PAPER: "paper",
    ACCENT: "accent",
    QUIET: "quiet",
    WEIGHTS: "weights",
    CACHE: "cache",
    OTHER: "other",
    MARK: "mark",
}
_TAG = re.compile(r"<[^<>]+>")
_ID = re.compile(r' id="([^"]*)"')
_REFERENCE = re.compile(r'(?:url\(#|href="#)([^)"]+)')
_LONGEST_LABEL = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One picture."""

    key: str
    """Its name in the page."""
    title: str
    alt: str
    """What it shows, in words, for those who cannot see it."""
    svg: str
    note: str = ""
    """How to read it, where that is not plain."""
    wide: bool = False


def can_draw() -> bool:
    """Return whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


@contextmanager
def style() -> Iterator[None]:
    """Set how figures look while they are made and written.

    Yields:
        Nothing.
    """
    import matplotlib as mpl

    settings: Any = {  # which names there are depends on the version of matplotlib
        "axes.axisbelow": True,
        "axes.edgecolor": GRID,
        "axes.facecolor": "none",
        "axes.labelcolor": MUTED,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "figure.facecolor": "none",
        "font.family": "DejaVu Sans",
        "font.size": 11,
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "hatch.linewidth": 0.6,
        "legend.frameon": False,
        "legend.labelcolor": INK,
        "svg.fonttype": "none",
        "svg.hashsalt": "kdedge",
        "text.color": INK,
        "text.parse_math": False,  # a dollar sign in a model's name is a dollar sign
        "xtick.color": MUTED,
        "xtick.labelsize": 10,
        "ytick.color": INK,
        "ytick.major.size": 0,
    }
    with mpl.rc_context(settings), warnings.catch_warnings():
        # Names may have characters that the measuring font lacks; the page's fonts draw them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def canvas(width: float, height: float) -> tuple["Figure", "Axes"]:
    """Return an empty figure of a size in pixels, and its only axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 72, height / 72), dpi=72, layout="constrained")
    return figure, figure.add_subplot()


def to_svg(figure: "Figure", *, name: str) -> str:
    """Return ``figure`` as an ``svg`` element to put into a page.

    Args:
        figure: Drawn with the colours of this module only, under ``style()``.
        name: Unique in the page; ids of the picture start with it.
    """
    out = StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    element = text[text.index("<svg") :]
    element = re.sub(r"\s*<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    used = {match for tag in _TAG.findall(element) for match in _REFERENCE.findall(tag)}
    return _TAG.sub(lambda tag: _for_page(tag.group(), used, name), element)


def short(label: str, longest: int = _LONGEST_LABEL) -> str:
    """Return ``label``, with its middle left out when it is too long for an axis."""
    if len(label) <= longest:
        return label
    head = (longest - 1) // 2
    return f"{label[:head]}…{label[head + 1 - longest :]}"


def _for_page(tag: str, used: set[str], name: str) -> str:
    """Rewrite one tag: colours by name, the page's font, only the ids that are used."""
    if tag.startswith("<!"):
        return ""
    tag = _ID.sub(lambda found: found.group() if found.group(1) in used else "", tag)
    tag = re.sub(r'( id="|url\(#|href="#)', rf"\g<1>{name}-", tag)
    tag = re.sub(r"font-family:[^;\"]*", "font-family: inherit", tag)
    for stand_in, colour in _NAMES.items():
        tag = tag.replace(stand_in, f"var(--{colour})")
    if tag.startswith("<svg"):
        tag = re.sub(r' (?:width|height|version)="[^"]*"', "", tag)
        tag = tag.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
    return tag
