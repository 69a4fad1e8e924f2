from itertools import combinations

from kdedge.report.plots.labels import Box, Point, place_labels

FRAME = Box(left=0, bottom=0, width=600, height=400)


def point(x: float, y: float) -> Point:
    return Point(x=x, y=y, radius=10, text_width=90, text_height=12)


def test_a_lone_name_stands_at_the_right_of_its_point() -> None:
    (box,) = place_labels([point(300, 200)], frame=FRAME)
    assert box.left > 310
    assert box.bottom < 200 < box.bottom + box.height


def test_names_cover_neither_each_other_nor_points() -> None:
    points = [point(300 + 25 * step, 200 + 12 * step) for step in range(5)]
    boxes = place_labels(points, frame=FRAME)
    marks = [Box(left=p.x - 10, bottom=p.y - 10, width=20, height=20) for p in points]
    assert all(one.overlap(other) == 0 for one, other in combinations(boxes, 2))
    assert all(box.overlap(mark) == 0 for box in boxes for mark in marks)


def test_a_point_at_the_right_edge_has_its_name_at_the_left() -> None:
    (box,) = place_labels([point(590, 200)], frame=FRAME)
    assert box.left + box.width <= 600


def test_lines_that_are_taken_stay_free() -> None:
    line = Box(left=310, bottom=199, width=200, height=2)
    (box,) = place_labels([point(300, 200)], frame=FRAME, taken=[line])
    assert box.overlap(line) == 0
