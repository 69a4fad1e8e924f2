"""What is told of one model beside its list: from its header, for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kdedge_gui.models.library_table import params_text
from kdedge_gui.numbers import (
    bytes_text,
    count_text,
    number_text,
    percent_text,
)
from kdedge_gui.translate import tr

if TYPE_CHECKING:
    from kdedge.models.summary import ModelSummary
    from kdedge_gui.library import ModelEntry

_SHORT_HASH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line: what it is called and what it is."""

    title: str
    text: str
    tip: str = ""


def header_facts(entry: "ModelEntry", *, sha256: str = "") -> tuple[Fact, ...]:
    """Return what the header of ``entry`` says.

    Args:
        entry: A model.
        sha256: Of its file, where it is known.
    """
    facts = [Fact(title=tr("Found in"), text=origin_text(entry.origin), tip=str(entry.path))]
    summary = entry.summary
    if summary is not None:
        facts += _summary_facts(summary)
    if sha256:
        facts.append(Fact(title=tr("sha256"), text=f"{sha256[:_SHORT_HASH]}…", tip=sha256))
    return tuple(facts)


def tensor_facts(summary: "ModelSummary") -> tuple[Fact, ...]:
    """Return a line for each type of tensor, the largest part of the file first."""
    total = sum(group.n_bytes for group in summary.tensors) or 1
    return tuple(
        Fact(
            title=group.quant_type,
            text=tr("{share} of the weights: {n} tensors, {size}").format(
                share=percent_text(group.n_bytes / total),
                n=count_text(group.n_tensors),
                size=bytes_text(group.n_bytes),
            ),
        )
        for group in summary.tensors
    )


def lineage_facts(told: Mapping[str, object]) -> tuple[Fact, ...]:
    """Return what the metadata of a file says of where it comes from, its makers first.

    What ``kdedge convert`` and ``kdedge quantize`` write, and the keys llama.cpp's tools share.
    """
    facts = [
        Fact(title=title, text=text, tip=tip)
        for title, text, tip in (
            (tr("Base model"), _base_model(told), ""),
            (tr("Made from"), _made_from(told), _text(told, "kdedge.source.sha256")),
            (tr("Recipe"), _recipe(told), ""),
            (tr("Activation statistics"), _imatrix(told), _text(told, "kdedge.imatrix.sha256")),
            (tr("Proof of the conversion"), _proof(told), ""),
            (tr("Source"), _source(told), ""),
            (tr("Licence"), _text(told, "general.license"), ""),
            (tr("Warning"), _text(told, "kdedge.quantised_twice"), ""),
        )
        if text
    ]
    return tuple(facts)


def origin_text(origin: str) -> str:
    """Return where a model was found, in words."""
    texts = {
        "added": tr("your list"),
        "starter": tr("the starter package"),
        "kdedge": tr("kdedge's own folder"),
        "folder": tr("one of your folders"),
        "huggingface": tr("Hugging Face's cache"),
        "lmstudio": tr("LM Studio"),
        "ollama": tr("Ollama"),
    }
    return texts.get(origin, origin)


def _summary_facts(summary: "ModelSummary") -> list[Fact]:
    per_token = summary.kv_bytes_per_token
    return [
        Fact(title=tr("Calls itself"), text=summary.name or tr("nothing")),
        Fact(title=tr("Architecture"), text=summary.architecture),
        Fact(title=tr("Parameters"), text=params_text(summary.n_params)),
        Fact(
            title=tr("Type"),
            text=tr("{type}, {bits} bits a weight").format(
                type=summary.file_type, bits=number_text(summary.bits_per_weight, decimals=2)
            ),
        ),
        Fact(title=tr("File"), text=bytes_text(summary.file_bytes)),
        Fact(
            title=tr("Context"),
            text=tr("made for {n} tokens").format(n=count_text(summary.context_length))
            if summary.context_length
            else tr("not stated"),
        ),
        Fact(
            title=tr("KV cache"),
            text=tr("{size} a token").format(size=bytes_text(per_token))
            if per_token is not None
            else summary.unpredictable or tr("not known"),
            tip=tr("Keys and values the model remembers, in F16"),
        ),
        Fact(
            title=tr("Vocabulary"),
            text=tr("{n} tokens").format(n=count_text(summary.n_vocab)),
        ),
        Fact(
            title=tr("Chat template"),
            text=_yes(summary.has_chat_template),
            tip=tr("With one, it was made to answer in a conversation"),
        ),
        Fact(
            title=tr("Fill-in-the-middle"),
            text=_yes(summary.has_fim),
            tip=tr("It can write what is missing between two pieces of code"),
        ),
    ]


def _yes(is_so: bool) -> str:
    return tr("yes") if is_so else tr("no")


def _base_model(told: Mapping[str, object]) -> str:
    name = _text(told, "general.base_model.0.name")
    maker = _text(told, "general.base_model.0.organization")
    if not name:
        return ""
    return tr("{name} of {maker}").format(name=name, maker=maker) if maker else name


def _made_from(told: Mapping[str, object]) -> str:
    name, file_type = _text(told, "kdedge.source.file"), _text(told, "kdedge.source.file_type")
    if not name:
        return ""
    return f"{name} ({file_type})" if file_type else name


def _recipe(told: Mapping[str, object]) -> str:
    quant_type = _text(told, "kdedge.quantize.type")
    if not quant_type:
        return ""
    overrides = _text(told, "kdedge.quantize.overrides")
    made = tr("quantised to {type} by kdedge").format(type=quant_type)
    return f"{made}, {overrides}" if overrides else made


def _imatrix(told: Mapping[str, object]) -> str:
    name = _text(told, "quantize.imatrix.file")
    dataset = _text(told, "quantize.imatrix.dataset")
    return tr("{file} of {text}").format(file=name, text=dataset) if name and dataset else name


def _proof(told: Mapping[str, object]) -> str:
    status = _text(told, "kdedge.proof.status")
    agreement = told.get("kdedge.proof.top1_agreement")
    if not status or not isinstance(agreement, float):
        return status
    return tr("{status}: at least {share} of next tokens alike").format(
        status=status, share=percent_text(agreement)
    )


def _source(told: Mapping[str, object]) -> str:
    keys = ("general.source.huggingface.repository", "general.source.url", "general.repo_url")
    return next((text for key in keys if (text := _text(told, key))), "")


def _text(told: Mapping[str, object], key: str) -> str:
    """Return the text at ``key``; a long one lies in pieces at ``key.0``, ``key.1``, ..."""
    whole = told.get(key)
    if isinstance(whole, str) and whole:
        return whole
    pieces: list[str] = []
    while isinstance(piece := told.get(f"{key}.{len(pieces)}"), str) and piece:
        pieces.append(piece)
    return "".join(pieces)
