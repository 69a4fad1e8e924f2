"""Names beside points, placed so that they cover neither points nor one another."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle in pixels."""

    left: float
    bottom: float
    width: float
    height: float

    def overlap(self, other: "Box") -> float:
        """Return the area that both cover."""
        wide = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        high = min(self.bottom + self.height, other.bottom + other.height) - max(
            self.bottom, other.bottom
        )
        return max(0.0, wide) * max(0.0, high)

    def outside(self, frame: "Box") -> float:
        """Return the area of this box that lies outside of ``frame``."""
        return self.width * self.height - self.overlap(frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A round mark in pixels, and the size of the name that belongs to it."""

    x: float
    y: float
    radius: float
    text_width: float
    text_height: float


def place_labels(points: Sequence[Point], *, frame: Box, taken: Sequence[Box] = ()) -> list[Box]:
    """Return where the name of each point goes.

    Names are placed one after the other, each at the first spot around its point that is free,
    nearest first; where all are taken, at the one that hides least.

    Args:
        points: In order of importance.
        frame: Where names may stand.
        taken: What else they may not cover.
    """
    marks = [_mark(point) for point in points]
    placed: list[Box] = []
    for point in points:
        covered = [*marks, *placed, *taken]
        spots = _spots(point)
        cost = [
            round(sum(spot.overlap(other) for other in covered) + 4 * spot.outside(frame), 3)
            for spot in spots
        ]
        placed.append(spots[cost.index(min(cost))])
    return placed


def _mark(point: Point) -> Box:
    return Box(
        left=point.x - point.radius,
        bottom=point.y - point.radius,
        width=2 * point.radius,
        height=2 * point.radius,
    )


def _spots(point: Point) -> list[Box]:
    spots = []
    for step in (1.0, 2.2, 3.6, 5.0, 7.0, 9.0, 11.0, 14.0):
        away = point.radius + 4 * step
        right, left = point.x + away, point.x - away - point.text_width
        middle = point.x - point.text_width / 2
        above, below = point.y + away, point.y - away - point.text_height
        level = point.y - point.text_height / 2
        lift = point.text_height * step * 0.8
        spots += [
            (right, level),
            (middle, above),
            (middle, below),
            (left, level),
            (right, level + lift),
            (right, level - lift),
            (left, level + lift),
            (left, level - lift),
            (point.x + 2, above),
            (point.x - point.text_width - 2, above),
            (point.x + 2, below),
            (point.x - point.text_width - 2, below),
        ]
    return [
        Box(left=x, bottom=y, width=point.text_width, height=point.text_height) for x, y in spots
    ]
