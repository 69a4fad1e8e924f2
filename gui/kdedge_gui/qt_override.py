"""``override`` for methods that Qt calls; Python 3.11 has it only for the type checker."""

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing_extensions import override
else:
    T = TypeVar("T")

    def override(method: T) -> T:
        """Return ``method``; the type checker holds it to the class it comes from."""
        return method


__all__ = ["override"]
