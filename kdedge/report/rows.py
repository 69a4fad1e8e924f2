"""Documents joined into rows: one a model variant, its profile and its evaluation side by side."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import zip_longest

from kdedge.report.documents import ResultDocument
from kdedge.report.facts import EvaluationFacts, ProfileFacts, Row
from kdedge.report.read_evaluation import read_block, read_evaluation
from kdedge.report.read_profile import read_profile
from kdedge.report.read_subject import commands_of, read_machine, read_model, read_software
from kdedge.report.reading import mapping_at


def rows_of(documents: Sequence[ResultDocument]) -> tuple[Row, ...]:
    """Return one row a model variant, in the order the documents were given.

    Documents of the same file (sha256) on the same machine belong together. Several profiles, or
    several evaluations, of one file stay apart: each gets a row.

    Args:
        documents: At least one.
    """
    groups: dict[tuple[str, str], list[ResultDocument]] = {}
    for document in documents:
        groups.setdefault(_subject(document), []).append(document)
    rows = [row for group in groups.values() for row in _rows_of_one_model(group)]
    return _labelled(rows)


def _subject(document: ResultDocument) -> tuple[str, str]:
    model = read_model(document.content)
    machine = read_machine(document.content)
    # Without a hash nothing shows that two files are the same one.
    return model.sha256 or f"unknown:{document.origin}:{model.file_name}", machine.key


def _rows_of_one_model(group: Sequence[ResultDocument]) -> Iterable[Row]:
    profiles = [each for each in group if each.verb == "profile"]
    evaluations = [each for each in group if each.verb == "evaluate"]
    if len(profiles) == 1:
        profiles *= max(1, len(evaluations))
    if len(evaluations) == 1:
        evaluations *= max(1, len(profiles))
    for profile, evaluation in zip_longest(profiles, evaluations):
        yield _row(profile, evaluation)


def _row(profile: ResultDocument | None, evaluation: ResultDocument | None) -> Row:
    parts = [part for part in (profile, evaluation) if part is not None]
    first = parts[0].content
    return Row(
        label="",
        model=read_model(first),
        machine=read_machine(first),
        software=read_software(first),
        profile=None if profile is None else read_profile(profile),
        evaluation=_evaluation(profile, evaluation),
        commands=tuple(dict.fromkeys(command for part in parts for command in commands_of(part))),
    )


def _evaluation(
    profile: ResultDocument | None, evaluation: ResultDocument | None
) -> EvaluationFacts | None:
    if evaluation is not None:
        return read_evaluation(evaluation)
    if profile is not None and mapping_at(profile.content, "pass_at_k"):
        return read_block(profile)
    return None


def _labelled(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Give each row the shortest label that no other row has."""
    candidates = (
        [row.model.file_type for row in rows],
        [row.model.name for row in rows],
        [f"{row.model.name} {row.model.file_type}".strip() for row in rows],
        [f"{row.model.name} {row.model.file_type} ({_distinction(row)})" for row in rows],
    )
    one_family = len({row.model.name for row in rows}) == 1 and len(rows) > 1
    for labels in candidates[0 if one_family else 1 :]:
        if all(labels) and len(set(labels)) == len(labels):
            return tuple(
                replace(row, label=label) for row, label in zip(rows, labels, strict=True)
            )
    return tuple(
        replace(row, label=f"{candidates[2][place]} #{place + 1}")
        for place, row in enumerate(rows)
    )


def _distinction(row: Row) -> str:
    profile: ProfileFacts | None = row.profile
    words = [row.machine.title] if row.machine.title else []
    if row.evaluation is not None:
        words.append(row.evaluation.preset)
    return ", ".join(words) or (profile.run if profile else "")
