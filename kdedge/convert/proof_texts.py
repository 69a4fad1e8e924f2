"""What both models read for a proof: code, a gap, a chat, Unicode, and one text that is long.

Code in several languages because that is what the models are for; rare scripts, emoji and odd
white space because tokenizers differ there; a long text because windows and stretched positions
show only beyond their length.
"""

from dataclasses import dataclass

SNIPPETS = {
    "python": '''import heapq
from collections.abc import Iterable


class Frontier:
    """Cells still to visit, nearest first."""

    def __init__(self, start: tuple[int, int]) -> None:
        self._heap = [(0, start)]
        self._best = {start: 0}

    def pop(self) -> tuple[int, tuple[int, int]]:
        cost, cell = heapq.heappop(self._heap)
        return cost, cell

    def push_all(self, cells: Iterable[tuple[int, int]], cost: int) -> None:
        for cell in cells:
            if cost < self._best.get(cell, 1 << 30):
                self._best[cell] = cost
                heapq.heappush(self._heap, (cost, cell))
''',
    "c": """#include <stdint.h>

/* Counts the bits that are set; 0xFFu has 8 of them. */
static inline int count_bits(uint32_t word) {
\tint n = 0;
\tfor (; word != 0; word &= word - 1)
\t\t++n;
\treturn n;
}
""",
    "javascript": """const parse = (line) => {
  const [name, ...rest] = line.split(/\\s*=\\s*/);
  return { name, value: rest.join("=") ?? null, at: new Date(0).toISOString() };
};
export default async function* rows(stream) {
  for await (const chunk of stream) yield* chunk.split("\\n").map(parse);
}
""",
    "sql": """SELECT c.name, COUNT(*) AS n, SUM(o.total) * 1.19 AS gross
FROM customers c LEFT JOIN orders o ON o.customer_id = c.id
WHERE o.placed_at >= '2021-03-04' AND c.name NOT LIKE '%''%'
GROUP BY c.name HAVING COUNT(*) > 3 ORDER BY gross DESC LIMIT 25;
""",
    "prose": "The quick sort picks a pivot, splits the list around it and sorts both halves; on "
    "1,000,000 items it takes about 20 levels. It's fast, but isn't stable: don't rely on it!\n",
    "unicode": "naïve café — ﬁne “quotes” … Ærøskøbing, Ελληνικά, русский язык, עברית, العربية, "
    "हिन्दी, ไทย, 한국어, 日本語のテキスト、中文文本。 e\u0301 ≠ é; ½ ² Ⅷ ∑∫√ "
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308 "
    "\U0001d518\U0001d52b\U0001d526\u00a0x\u200by\tz\r\n"
    "    four\n\n\n   three  2024-11-24T10:09:32 3.14159e-10 0x1F600\n",
}
"""By kind."""
FILL_PREFIX = (
    "def mean(values: list[float]) -> float:\n    total = 0.0\n    for value in values:\n"
)
FILL_SUFFIX = "    return total / len(values)\n"
CHAT = (
    ("user", "Write a function that returns the n-th Fibonacci number."),
    ("assistant", "def fib(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b"),
    ("user", "Now without a loop, please."),
)
"""Turns as (role, content)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofText:
    """One text as token ids."""

    kind: str
    """``python``, ``fill``, ``chat``, ``long`` and so on."""
    tokens: tuple[int, ...]


def long_text(n_characters: int) -> str:
    """Return text of at least ``n_characters`` in which no two stretches are equal."""
    pieces: list[str] = []
    length = 0
    number = 0
    while length < n_characters:
        snippet = list(SNIPPETS.values())[number % len(SNIPPETS)]
        piece = f"# part {number * number + 7}\n{snippet}"
        pieces.append(piece)
        length += len(piece)
        number += 1
    return "".join(pieces)
