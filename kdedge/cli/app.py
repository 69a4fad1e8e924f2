"""``kdedge app``: opens the desktop app, or writes pictures of its pages."""

from pathlib import Path
from typing import Annotated

import typer

from kdedge.cli.window import open_window


def command(
    shots: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write a picture of every page into this folder, and end."
        ),
    ] = None,
) -> int:
    """Open the desktop app: profile, compare and use models in a window.

    \b
    Examples:
      kdedge app
      kdedge app --shots pictures
    """  # noqa: D301 - the backspace keeps the lines apart
    return open_window(*([] if shots is None else ["--shots", str(shots)]))
