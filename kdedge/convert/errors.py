"""The converters know no ``KdedgeError``; here their problems become one."""

from collections.abc import Iterator
from contextlib import contextmanager

from kdedge.core.errors import KdedgeError
from kdedge_converters.errors import ConversionError


@contextmanager
def as_kdedge_errors() -> Iterator[None]:
    """Turn a ``ConversionError`` of the block into the same words as a ``KdedgeError``.

    Raises:
        KdedgeError: The block raised a ``ConversionError``.
    """
    try:
        yield
    except ConversionError as error:
        raise KdedgeError(error.problem, hint=error.hint) from error
