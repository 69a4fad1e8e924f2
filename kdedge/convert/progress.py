"""Progress of the converters, which know no events, told as events."""

from collections.abc import Callable

from kdedge.core.events import Progress, Sink


def tensor_progress(phase: str, sink: Sink) -> Callable[[int, int, str], None]:
    """Return what tells ``sink`` of the tensors done, in all, and the name of the next."""

    def tell(done: int, total: int, name: str) -> None:
        sink(Progress(phase=phase, done=done, total=total, unit="tensors", detail=name))

    return tell
