"""Of a script, the part that a caller of one function needs: imports and definitions.

What is left out is what a script *does* (prints, examples, ``if __name__ == "__main__"``) and
what the function does not reach. Works on statements of the top level and copies their text.
"""

import ast
import symtable
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Assignment = ast.Assign | ast.AnnAssign | ast.AugAssign


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A function, class or assignment of the top level."""

    names: frozenset[str]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """What a script binds at its top level, each with its own text."""

    imports: tuple[str, ...]
    imported: frozenset[str]
    """Names the imports bind; ``*`` for a star import."""
    definitions: tuple[Definition, ...]

    @property
    def names(self) -> frozenset[str]:
        """All names bound by definitions."""
        return frozenset().union(*(one.names for one in self.definitions))

    def binds(self, name: str) -> bool:
        """Return whether ``name`` is defined or imported by name."""
        return name in self.imported or name in self.names


def read_definitions(tree: ast.Module, *, source: str) -> Definitions:
    """Return what ``tree``, parsed from ``source``, binds at its top level.

    Of several functions or classes of one name the first with a body that does something stays;
    an assignment to the name of a function or class, or one that reads standard input, does not.
    """
    lines = source.encode().split(b"\n")
    chosen = _chosen_blocks(tree)
    return Definitions(
        imports=tuple(_text(lines, node) for node in _imports(tree)),
        imported=frozenset(
            alias.asname or alias.name.partition(".")[0]
            for node in _imports(tree)
            for alias in node.names
        ),
        definitions=tuple(
            Definition(names=frozenset(names), text=_text(lines, node))
            for node, names in _bindings(tree)
            if (chosen.get(next(iter(names))) is node)
            or (isinstance(node, _Assignment) and not names & chosen.keys() and not _asks(node))
        ),
    )


def reachable_names(tree: ast.Module, *, source: str, start: str) -> frozenset[str]:
    """Return ``start`` and every global name that its definition uses, directly or not."""
    uses = _uses(tree, source=source)
    seen = {start}
    waiting = [start]
    while waiting:
        new = uses.get(waiting.pop(), set()) - seen
        seen |= new
        waiting.extend(new)
    return frozenset(seen)


def _imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    return (node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))


def _bindings(
    tree: ast.Module,
) -> Iterator[tuple[_Function | ast.ClassDef | _Assignment, set[str]]]:
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node, {node.name}
            case ast.Assign():
                if names := set(_targets(node.targets)):
                    yield node, names
            case ast.AnnAssign() | ast.AugAssign():
                if names := set(_targets([node.target])):
                    yield node, names
            case _:  # what a script does, not what it defines
                pass


def _targets(targets: Iterable[ast.expr]) -> Iterator[str]:
    """Give the names that assigning to ``targets`` binds or changes: ``a`` for ``a[0].b``."""
    waiting = list(targets)
    while waiting:
        match waiting.pop():
            case ast.Name(id=name):
                yield name
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                waiting.extend(parts)
            case (
                ast.Starred(value=inner) | ast.Subscript(value=inner) | ast.Attribute(value=inner)
            ):
                waiting.append(inner)
            case _:
                pass


def _chosen_blocks(tree: ast.Module) -> dict[str, ast.stmt]:
    chosen: dict[str, ast.stmt] = {}
    for node in tree.body:
        if not isinstance(node, _Function | ast.ClassDef):
            continue
        earlier = chosen.get(node.name)
        if earlier is None or (_is_stub(earlier) and not _is_stub(node)):
            chosen[node.name] = node
    return chosen


def _is_stub(node: ast.stmt) -> bool:
    return isinstance(node, _Function) and all(_does_nothing(line) for line in node.body)


def _does_nothing(node: ast.stmt) -> bool:
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))):
            return name == "NotImplementedError"
        case _:
            return False


def _asks(node: ast.stmt) -> bool:
    """Return whether ``node`` reads standard input, which would only wait for the user."""
    return any(
        (isinstance(part, ast.Name) and part.id in {"input", "stdin"})
        or (isinstance(part, ast.Attribute) and part.attr == "stdin")
        for part in ast.walk(node)
    )


def _uses(tree: ast.Module, *, source: str) -> dict[str, set[str]]:
    inside = _globals_of_blocks(source)
    uses: dict[str, set[str]] = defaultdict(set)
    for node, names in _bindings(tree):
        if inside is None or isinstance(node, _Assignment):
            used = _names_in([node])
        else:
            used = inside.get(node.name, set()) | _names_in(_evaluated_outside(node))
        for name in names:
            uses[name] |= used
    return uses


def _names_in(nodes: Iterable[ast.AST]) -> set[str]:
    return {part.id for node in nodes for part in ast.walk(node) if isinstance(part, ast.Name)}


def _evaluated_outside(node: _Function | ast.ClassDef) -> Sequence[ast.AST]:
    """Return the parts that run when the block is defined: decorators, defaults, annotations."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    returns = [node.returns] if node.returns else []
    return [*node.decorator_list, node.args, *returns]


def _globals_of_blocks(source: str) -> dict[str, set[str]] | None:
    """Return the global names used inside each function and class of the top level.

    ``None`` when Python's own scope analysis refuses the source, which ``ast.parse`` accepted.
    """
    try:
        module = symtable.symtable(source, "<completion>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found: dict[str, set[str]] = defaultdict(set)
    for block in module.get_children():
        waiting = [block]
        while waiting:
            scope = waiting.pop()
            waiting.extend(scope.get_children())
            found[block.get_name()] |= {
                symbol.get_name() for symbol in scope.get_symbols() if symbol.is_global()
            }
    return found


def _text(lines: Sequence[bytes], node: ast.stmt) -> str:
    """Return the source of ``node``; columns are in bytes of UTF-8, as the parser counts them."""
    first, start = node.lineno, node.col_offset
    if isinstance(node, _Function | ast.ClassDef) and node.decorator_list:
        first, start = node.decorator_list[0].lineno, 0
    last, end = node.end_lineno or node.lineno, node.end_col_offset
    if first == last:
        return lines[first - 1][start:end].decode()
    return b"\n".join(
        (lines[first - 1][start:], *lines[first : last - 1], lines[last - 1][:end])
    ).decode()
