"""Code as it stands in an editor, of any length, ending in a function that is to be written.

Real code, not random ids: mixtures of experts choose their experts by what the tokens say.
"""

from itertools import count

_MODULE = '''\
"""Stock of warehouse {n}: what came in, what went out, and what is about to run short."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta


@dataclass
class Movement:
    """Goods that came in (positive) or went out (negative) on one day."""

    article: str
    quantity: int
    day: date
    note: str = ""


@dataclass
class Warehouse{n}:
    """All movements, and the level below which an article has to be ordered again."""

    reorder_level: int = {level}
    movements: list[Movement] = field(default_factory=list)

    def receive(self, article: str, quantity: int, day: date) -> None:
        """Book goods in."""
        if quantity <= 0:
            raise ValueError(f"cannot receive {{quantity}} of {{article}}")
        self.movements.append(Movement(article, quantity, day))

    def ship(self, article: str, quantity: int, day: date) -> None:
        """Book goods out; more than there is cannot be shipped."""
        if quantity > self.stock()[article]:
            raise ValueError(f"only {{self.stock()[article]}} of {{article}} left")
        self.movements.append(Movement(article, -quantity, day))

    def stock(self) -> Counter[str]:
        """Return how much of each article there is."""
        levels: Counter[str] = Counter()
        for movement in self.movements:
            levels[movement.article] += movement.quantity
        return levels

    def to_order(self) -> list[str]:
        """Return the articles that have run short, the shortest first."""
        stock = self.stock().items()
        short = [(level, name) for name, level in stock if level < self.reorder_level]
        return [name for _, name in sorted(short)]

    def shipped_by_week(self, article: str) -> dict[date, int]:
        """Return how much of one article left in each week, by the week's Monday."""
        weeks: defaultdict[date, int] = defaultdict(int)
        for movement in self.movements:
            if movement.article == article and movement.quantity < 0:
                monday = movement.day - timedelta(days=movement.day.weekday())
                weeks[monday] -= movement.quantity
        return dict(weeks)


'''
_TASK = '''\
def days_until_empty(warehouse: Warehouse1, article: str, today: date) -> int | None:
    """Return after how many days an article runs out if it goes on leaving as in the last 4 weeks.

    Returns None when nothing of it left in that time.
    """
'''


def code_prompt(n_characters: int) -> str:
    """Return at least ``n_characters`` of code; its end is always the same unfinished function."""
    modules: list[str] = []
    length = len(_TASK)
    for n in count(1):
        modules.append(_MODULE.format(n=n, level=10 + n))
        length += len(modules[-1])
        if length >= n_characters:
            break
    # The task speaks of the first warehouse: its module stands right above it.
    return "".join(reversed(modules)) + _TASK
