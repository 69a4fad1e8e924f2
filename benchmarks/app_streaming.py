"""Main-thread time of the app while 4,000 tokens stream into a conversation.

    python benchmarks/app_streaming.py [--tokens N] [--batch N ...] [--json FILE]

A batch is what comes together thirty times a second: 1 token at 30 tokens/s, 5 at 150, 20 at 600.
Each batch goes through the page as the engine's text does: appended, laid out, scrolled to,
painted. The time is that of the main thread alone (``thread_time``), not of the clock; the longest
single batch says whether the window ever stood still.
"""

import argparse
import json
import os
import statistics
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from time import sleep, thread_time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from kdedge_gui.pages.assistant.answer_view import AnswerView
from kdedge_gui.pages.assistant.transcript import Transcript
from kdedge_gui.state import AppState
from kdedge_gui.widgets.code_view import CodeView

LIMIT_S = 0.5
_TOKENS_OF_A_LINE = 9
"""Python code and prose have about so many; the last one carries the line break."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One stream."""

    kind: str
    batch_tokens: int
    n_tokens: int
    total_s: float
    longest_batch_s: float
    median_batch_s: float
    finish_s: float
    """The end: styles of prose, colours of code; part of ``total_s``."""


def code_tokens(n_tokens: int) -> list[str]:
    """Return a fenced block of Python-like lines."""
    line = ["    ", "value", "_", "of", "(item", ", key", "=", "'name'", ")\n"]
    inside = [line[at % _TOKENS_OF_A_LINE] for at in range(n_tokens - 2)]
    return ["```python\n", *inside, "\n```\n"]


def mixed_tokens(n_tokens: int) -> list[str]:
    """Return prose and code in turn, as an answer has them."""
    words = ["The", " function", " takes", " a", " `list`", " and", " **returns**", " it", ".\n"]
    tokens: list[str] = []
    while len(tokens) < n_tokens:
        tokens += [words[at % _TOKENS_OF_A_LINE] for at in range(120)]
        tokens += ["\n", *code_tokens(160), "\n"]
    return tokens[:n_tokens]


def measure(kind: str, tokens: list[str], *, batch_tokens: int, state: AppState) -> Measured:
    """Return what streaming ``tokens`` in batches costs the main thread."""
    transcript = Transcript(state.themes, state.background)
    transcript.resize(900, 640)
    transcript.show()
    transcript.add_question("A question")
    answer = transcript.add_answer(name="model")
    _settle()
    batches = [
        "".join(tokens[at : at + batch_tokens]) for at in range(0, len(tokens), batch_tokens)
    ]
    times = [_timed(answer, batch) for batch in batches]
    start = thread_time()
    answer.finish("done")
    _settle()
    while not all(_is_coloured(each) for each in answer.code_views):
        sleep(0.002)  # a thread reads the code; its colours are painted here
        _settle()
    finish_s = thread_time() - start
    transcript.close()
    transcript.deleteLater()
    return Measured(
        kind=kind,
        batch_tokens=batch_tokens,
        n_tokens=len(tokens),
        total_s=sum(times) + finish_s,
        longest_batch_s=max(times),
        median_batch_s=statistics.median(times),
        finish_s=finish_s,
    )


def main() -> int:
    """Print one line a stream; 1 when one took longer than the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=4000)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    app = QApplication([])
    found = []
    for kind, make in (("mixed", mixed_tokens), ("code", code_tokens)):
        for batch_tokens in arguments.batch:
            state = AppState()
            state.themes.set_choice("light")
            state.themes.apply(app)
            tokens = make(arguments.tokens)
            found.append(measure(kind, tokens, batch_tokens=batch_tokens, state=state))
            state.close()
            _print(found[-1])
    if arguments.json is not None:
        text = json.dumps([asdict(each) for each in found], indent=2)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    return int(any(each.total_s > LIMIT_S for each in found))


def _timed(answer: AnswerView, batch: str) -> float:
    start = thread_time()
    answer.append(batch)
    _settle()
    return thread_time() - start


def _is_coloured(code: CodeView) -> bool:
    block = code.text_view.document().findBlockByNumber(0)
    return bool(block.layout().formats())


def _settle() -> None:
    """Lay out and paint what waits for it; a change of height takes two turns of the loop."""
    QApplication.processEvents()
    QApplication.processEvents()


def _print(found: Measured) -> None:
    print(
        f"{found.kind:6} batches of {found.batch_tokens:3} tokens: {found.total_s:.3f} s"
        f" for {found.n_tokens:,} tokens; a batch {1000 * found.median_batch_s:.2f} ms,"
        f" the longest {1000 * found.longest_batch_s:.1f} ms;"
        f" the end {1000 * found.finish_s:.0f} ms"
    )


if __name__ == "__main__":
    sys.exit(main())
