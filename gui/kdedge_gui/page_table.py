"""The pages in the order of the navigation; each is imported when it is first visited."""

import importlib
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from kdedge_gui.jobs.verbs import verb_exists

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kdedge_gui.page import Page
    from kdedge_gui.state import AppState


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSpec:
    """Where a page is and what its row in the navigation looks like."""

    name: str
    title: str
    """In English; shown translated."""
    module: str
    factory: str
    """The class in ``module``; called with the ``AppState``."""
    icon: str
    verb: str | None = None
    """The verb of kdedge that the page needs; without it the page is not shown."""

    @property
    def exists(self) -> bool:
        """Whether this kdedge has what the page needs."""
        is_there = self.verb is None or verb_exists(self.verb)
        return is_there and find_spec(self.module) is not None

    def make(self, state: "AppState") -> "Page":
        """Return the page; imports its module."""
        return cast("Page", getattr(importlib.import_module(self.module), self.factory)(state))


PAGES = (
    PageSpec(
        name="home",
        title="Home",
        module="kdedge_gui.pages.home",
        factory="HomePage",
        icon="home",
    ),
    PageSpec(
        name="models",
        title="Models",
        module="kdedge_gui.pages.models",
        factory="ModelsPage",
        icon="models",
    ),
    PageSpec(
        name="assistant",
        title="Assistant",
        module="kdedge_gui.pages.assistant",
        factory="AssistantPage",
        icon="chat",
    ),
    PageSpec(
        name="benchmark",
        title="Benchmark",
        module="kdedge_gui.pages.benchmark",
        factory="BenchmarkPage",
        icon="benchmark",
        verb="evaluate",
    ),
    PageSpec(
        name="compare",
        title="Compare",
        module="kdedge_gui.pages.compare",
        factory="ComparePage",
        icon="compare",
        verb="compare",
    ),
    PageSpec(
        name="convert",
        title="Convert",
        module="kdedge_gui.pages.convert",
        factory="ConvertPage",
        icon="convert",
        verb="convert",
    ),
    PageSpec(
        name="distil",
        title="Distil",
        module="kdedge_gui.pages.distil",
        factory="DistilPage",
        icon="distil",
        verb="distill",
    ),
    PageSpec(
        name="settings",
        title="Settings",
        module="kdedge_gui.pages.settings",
        factory="SettingsPage",
        icon="settings",
    ),
)


def shown_pages(pages: "Sequence[PageSpec]" = PAGES) -> list[PageSpec]:
    """Return the pages that this kdedge can show, in order."""
    return [page for page in pages if page.exists]
