"""How ``kdedge quantize`` lets a file be chosen: its measurements come from all over kdedge."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.table import Table

from kdedge.cli.output import Output
from kdedge.core.errors import KdedgeError
from kdedge.quantize.calibration import Text, calibration_text
from kdedge.quantize.candidates import Kitchen, Recipe, worthwhile_types
from kdedge.quantize.choice import Limits, Measurements, choose_quantization
from kdedge.quantize.divergence import DivergenceOptions, measure_divergences
from kdedge.quantize.divergence_summary import Divergence
from kdedge.quantize.document import Choice, quantized_document, refused_document
from kdedge.quantize.overrides import Override
from kdedge.quantize.types import file_type_called

_MIB = 1024**2
_SEARCH_CHUNK_TOKENS, _SEARCH_CHUNKS = 256, 6
"""What a search for a mix compares its many probes on."""
MIX = "mix"
"""What the searched mix is called among the candidates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the user asked for."""

    limits: Limits
    types: tuple[str, ...]
    """Empty: all that are worth trying."""
    overrides: tuple[Override, ...]
    mix: bool
    """Also search for a mix of types that fits the limits."""
    suite: str | None
    text: Text
    """What divergence is measured on."""
    divergence: DivergenceOptions
    """How much of it."""
    calibration: Sequence[Path] = ()
    """Texts a mix is searched on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measuring:
    """Measures files, and keeps what is known of each beyond one number."""

    master: Path
    wish: Wish
    output: Output
    divergences: dict[str, Divergence] = field(default_factory=dict)

    def mean_kl(self, path: Path) -> float:
        found = measure_divergences(
            self.master,
            [path],
            self.wish.text.text,
            options=self.wish.divergence,
            sink=self.output.sink,
        )[0]
        self.divergences[path.stem] = found
        return found.mean_kl

    def decode_tokens_per_s(self, path: Path) -> float:
        from kdedge.runtime.decode_timing import decode_seconds

        return 1 / decode_seconds(path)

    def pass_at_1(self, path: Path) -> float:
        from kdedge.core.store import Store
        from kdedge.evaluate.plan import EvaluationPlan
        from kdedge.evaluate.run import evaluate_model

        assert self.wish.suite is not None
        plan = EvaluationPlan(suite=self.wish.suite)
        with Store.open() as store:
            document = evaluate_model(path, plan=plan, store=store, sink=self.output.sink)
        found = document["pass_at_k"]
        assert isinstance(found, dict)
        first = found["1"]
        assert isinstance(first, dict)
        return float(str(first["value"]))


def write_and_measure(kitchen: Kitchen, target: Path, *, wish: Wish, output: Output) -> None:
    """Write the one type of ``wish`` to ``target``, measure it on its text, hand out the document.

    Raises:
        KdedgeError: It cannot be made or measured.
    """
    recipe = Recipe(name=wish.types[0], file_type=wish.types[0], overrides=wish.overrides)
    made = kitchen.make(recipe, target)
    measuring = _Measuring(master=kitchen.master, wish=wish, output=output)
    mean_kl = measuring.mean_kl(target)
    document = quantized_document(
        made,
        source=kitchen.master,
        overrides=wish.overrides,
        divergence=measuring.divergences[target.stem],
    )
    output.document(document)
    output.print(f"{made.summary}, mean KL {mean_kl:.4f}")


def choose_and_write(kitchen: Kitchen, target: Path, *, wish: Wish, output: Output) -> None:
    """Choose a file by ``wish``, write it to ``target`` and hand out the document.

    Raises:
        KdedgeError: Something cannot be made or measured.
        GateError: No candidate meets the limits; the document still tells what was tried.
    """
    recipes = {recipe.name: recipe for recipe in _recipes(kitchen, wish, output)}
    measuring = _Measuring(master=kitchen.master, wish=wish, output=output)
    outcome = choose_quantization(
        [kitchen.candidate(recipe) for recipe in recipes.values()],
        wish.limits,
        measure=_measurements(measuring),
        sink=output.sink,
    )
    choice = Choice(
        limits=wish.limits,
        outcome=outcome,
        divergences=measuring.divergences,
        text=wish.text,
    )
    output.print(_table(choice))
    if outcome.chosen is None:
        output.document(refused_document(choice, source=kitchen.master))
    chosen = recipes[outcome.name()]
    made = kitchen.make(chosen, target)
    output.document(
        quantized_document(
            made,
            source=kitchen.master,
            overrides=chosen.overrides,
            divergence=measuring.divergences.get(chosen.name),
            choice=choice,
        )
    )
    output.print(f"{target}: {chosen.name}, {made.file_bytes / _MIB:.1f} MiB")


def _recipes(kitchen: Kitchen, wish: Wish, output: Output) -> list[Recipe]:
    limits = wish.limits
    types = wish.types or worthwhile_types(
        kitchen.master,
        imatrix=kitchen.imatrix,
        max_bytes=limits.max_bytes,
        most_exact_only=not limits.bound_loss and limits.min_decode_tokens_per_s is None,
    )
    names = dict.fromkeys(file_type_called(each).name for each in types)
    recipes = [Recipe(name=each, file_type=each, overrides=wish.overrides) for each in names]
    return [*recipes, _searched(kitchen, wish, output)] if wish.mix else recipes


def _searched(kitchen: Kitchen, wish: Wish, output: Output) -> Recipe:
    """Return the mix that a search found.

    Raises:
        KdedgeError: There is no budget to search in, or nothing fits it.
    """
    from kdedge.quantize.mixing import MixBudget, MixJob, find_mix
    from kdedge.quantize.search import SearchOptions
    from kdedge.runtime.decode_timing import decode_seconds

    limits = wish.limits
    if limits.max_bytes is None:
        raise KdedgeError("A mix is searched within a budget.", hint="Give --budget with --mix.")
    job = MixJob(
        master=kitchen.master,
        imatrix=kitchen.imatrix,
        text=calibration_text(wish.calibration).text,
        folder=kitchen.folder,
        divergence=DivergenceOptions(
            chunk_tokens=min(_SEARCH_CHUNK_TOKENS, wish.divergence.chunk_tokens),
            n_chunks=_SEARCH_CHUNKS,
        ),
        search=SearchOptions(),
    )
    least = limits.min_decode_tokens_per_s
    budget = MixBudget(
        file_bytes=limits.max_bytes,
        most_seconds=None if least is None else 1 / least,
        decode_seconds=decode_seconds,
    )
    mixed = find_mix(job, budget, sink=output.sink)
    return Recipe(name=MIX, file_type=mixed.file_type, overrides=mixed.overrides)


def _measurements(measuring: _Measuring) -> Measurements:
    suite = measuring.wish.suite
    return Measurements(
        mean_kl=measuring.mean_kl,
        decode_tokens_per_s=measuring.decode_tokens_per_s,
        pass_at_1=None if suite is None else measuring.pass_at_1,
        master_pass_at_1=None if suite is None else lambda: measuring.pass_at_1(measuring.master),
    )


def _table(choice: Choice) -> Table:
    table = Table("type", "MiB", "mean KL", "tokens/s", "pass@1", "")
    for each in choice.outcome.tried:
        table.add_row(
            each.name,
            f"{each.file_bytes / _MIB:.1f}",
            "" if each.mean_kl is None else f"{each.mean_kl:.4f}",
            "" if each.decode_tokens_per_s is None else f"{each.decode_tokens_per_s:.1f}",
            "" if each.pass_at_1 is None else f"{each.pass_at_1:.1%}",
            each.lost or "chosen",
        )
    return table
