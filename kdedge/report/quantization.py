"""What a report of quantising knows: the files that were tried, and what each costs and gains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kdedge.core.errors import KdedgeError
from kdedge.core.json_value import Json
from kdedge.report.documents import ResultDocument
from kdedge.report.read_subject import readable
from kdedge.report.reading import (
    Quantity,
    at,
    list_at,
    mapping_at,
    number_at,
    quantity_at,
    text_at,
    texts_at,
)
from kdedge.report.units import bytes_text, percent, rate_text

_MOST_ROWS = 64
_BPW = "bits_per_weight"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedFile:
    """One candidate."""

    name: str
    file_bytes: Quantity
    bits_per_weight: Quantity
    mean_kl: Quantity
    """From the master, nats a token."""
    top1_agreement: Quantity
    decode_tokens_per_s: Quantity
    pass_at_1: Quantity
    lost: str
    """Why it was not taken; empty for the one that was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizationReport:
    """Everything the page shows."""

    title: str
    source: str
    """Name of the master."""
    files: tuple[TriedFile, ...]
    """The smallest first."""
    chosen: str
    """Name of the one that was taken; empty when none was."""
    limits: Mapping[str, str]
    text: Mapping[str, str]
    """What divergence was measured on."""
    overrides: tuple[str, ...]
    """Of the chosen file, as they are typed."""
    software: Mapping[str, str]

    def sentences(self) -> tuple[str, ...]:
        """Return the outcome in plain words."""
        count = f"{len(self.files)} files of {self.source or 'a model'} were looked at."
        taken = next((each for each in self.files if each.name == self.chosen), None)
        if taken is None:
            return (count, "None of them meets the limits.")
        facts = [bytes_text(taken.file_bytes.value)] if taken.file_bytes.value else []
        if taken.mean_kl.value is not None:
            facts.append(f"a divergence of {kl_text(taken.mean_kl)} from its master")
        if taken.decode_tokens_per_s.value is not None:
            facts.append(f"{rate_text(taken.decode_tokens_per_s.value)} tokens/s")
        if taken.pass_at_1.value is not None:
            facts.append(f"{percent(taken.pass_at_1.value)} solved at the first attempt")
        words = f"{taken.name} was taken" + (f": {', '.join(facts)}." if facts else ".")
        return (count, words)


def build_quantization_report(documents: Sequence[ResultDocument]) -> QuantizationReport:
    """Return what ``documents`` of ``kdedge quantize`` tell together.

    Raises:
        KdedgeError: None of them tells of a file that was made or tried.
    """
    files = [each for document in documents for each in _files(document.content)]
    if not files:
        raise KdedgeError(
            "These documents tell of no file that was tried.",
            hint="Give the --json of `kdedge quantize` with --budget, --max-kl or --type.",
        )
    last = documents[-1].content
    source = _file_name(text_at(last, "source") or text_at(last, "source", "path"))
    return QuantizationReport(
        title=f"Quantising {source}" if source else "Quantising",
        source=source,
        files=tuple(sorted(files[:_MOST_ROWS], key=lambda each: each.file_bytes.value or 0)),
        chosen=text_at(last, "choice", "chosen") if at(last, "choice") else files[-1].name,
        limits=readable(mapping_at(last, "choice", "limits")),
        text=readable(mapping_at(last, "choice", "text")),
        overrides=texts_at(last, "overrides"),
        software=readable(mapping_at(last, "software")),
    )


def kl_text(quantity: Quantity) -> str:
    """Return a divergence with three figures, however small."""
    if quantity.value is None:
        return ""
    value = quantity.value
    digits = next((count for count in range(1, 8) if abs(value) >= 10.0**-count), 7) + 2
    return f"{value:.{digits}f}" if value < 1 else f"{value:.2f}"


def _files(content: Json) -> list[TriedFile]:
    tried = list_at(content, "choice", "tried")
    if tried:
        return [_file(each, lost=text_at(each, "lost")) for each in tried]
    if number_at(content, "file_bytes") is None:
        return []
    return [_file(content, lost="")]


def _file(content: Json, *, lost: str) -> TriedFile:
    # A document of one file keeps the numbers of its divergence in a block of their own.
    block = ("divergence",) if at(content, "divergence") is not None else ()
    return TriedFile(
        name=text_at(content, "name") or text_at(content, "file_type") or "?",
        file_bytes=quantity_at(content, "file_bytes"),
        bits_per_weight=quantity_at(content, _BPW),
        mean_kl=_with_interval(content, *block, "mean_kl"),
        top1_agreement=quantity_at(content, *block, "top1_agreement"),
        decode_tokens_per_s=quantity_at(content, "decode_tokens_per_s"),
        pass_at_1=quantity_at(content, "pass_at_1"),
        lost=lost,
    )


def _with_interval(content: Json, *keys: str) -> Quantity:
    found = quantity_at(content, *keys)
    ends = list_at(content, *keys[:-1], f"{keys[-1]}_ci95")
    if found.value is None or len(ends) != 2:
        return found
    low, high = (each if isinstance(each, int | float) else None for each in ends)
    return Quantity(value=found.value, low=low, high=high)


def _file_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]
