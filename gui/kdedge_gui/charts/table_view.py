"""The numbers of a chart as a table, for everyone who would rather read than look."""

from kdedge_gui.models.text_table import Cell, TextColumn, TextRow, TextTable


def text_table(headings: list[str], rows: list[list[str]]) -> TextTable[TextRow]:
    """Return an empty table with ``headings``; a column of numbers is one that begins with one."""
    first = rows[0] if rows else [""] * len(headings)
    return TextTable(
        [
            TextColumn(title=heading, is_number=at > 0 and _is_number(first[at]))
            for at, heading in enumerate(headings)
        ]
    )


def text_rows(rows: list[list[str]]) -> list[TextRow]:
    """Return ``rows`` as rows of a text table, in their order."""
    return [
        TextRow(
            key=str(number),
            cells=tuple(Cell(text, order=float(number)) for text in row),
            haystack=" ".join(row).casefold(),
        )
        for number, row in enumerate(rows)
    ]


def _is_number(text: str) -> bool:
    return text[:1].isdigit() or text[:1] in set("-−–")  # noqa: RUF001 - signs and a dash
