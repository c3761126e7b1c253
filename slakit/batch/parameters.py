"""What a notebook asks for: the cell tagged `parameters`, read without running it."""

from __future__ import annotations

import ast
import json
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from slakit._atomic import read_whole

NAMED_TYPE: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": (int, float, Decimal),
    "bool": bool,
    "list": list,
    "dict": dict,
}

LARGEST_FLOAT = Decimal(sys.float_info.max)
LARGEST_NOTEBOOK = 200_000_000
"""Bytes, outputs included."""

# Two threads that parse at the same time confuse each other in some versions of Python (gh-106905).
PARSING = threading.Lock()


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell: `name: kind = default  # help`.

    Attributes
    ----------
    kind
        The annotation, or the type of the default where there is none.
    is_required
        There is no default.
    default
        The default, if it is a literal.
    """

    name: str
    kind: ast.expr | None
    is_required: bool
    default: Any = None

    def __str__(self) -> str:
        return f"{self.name}: {ast.unparse(self.kind)}" if self.kind else self.name

    def accepts(self, value: object) -> bool:
        """Return whether a value has the type that the notebook asks for."""
        return self.kind is None or fits(value, self.kind)


def read_notebook(path: Path) -> dict[str, Any]:
    """Read a notebook as plain JSON.

    Raises
    ------
    ValueError
        It is not a notebook; the message says what is wrong and what would be right.
    """
    try:
        notebook = json.loads(read_whole(path, LARGEST_NOTEBOOK).decode())
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror}); name a notebook, relative to the plan's folder") from None
    except (ValueError, RecursionError):
        raise ValueError("not a notebook; save it again from JupyterLab") from None
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        raise ValueError("not a notebook of format 4; save it again from JupyterLab")
    return notebook


def parameters_of(cells: Iterable[Mapping[str, Any]]) -> dict[str, Parameter] | None:
    """Read the parameters of a notebook, or nothing if no cell is tagged `parameters`.

    Raises
    ------
    ValueError
        The cell is not Python; the message says what is wrong and what would be right.

    Examples
    --------
    >>> cell = {"source": "tier: str | None = None  # gold, silver", "metadata": {"tags": ["parameters"]}}
    >>> [str(parameter) for parameter in parameters_of([cell]).values()]
    ['tier: str | None']
    """
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if not tagged:
        return None
    try:
        statements = _parse("".join(tagged[0]["source"])).body
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None) or 1
        raise ValueError(f"line {line} of its parameters cell is not Python; mend the cell") from None
    found: dict[str, Parameter] = {}
    for statement in statements:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=value):
                found[name] = Parameter(name, kind, value is None, _literal(value))
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                default = _literal(value)
                of_type = type(default).__name__
                found[name] = Parameter(name, ast.Name(of_type) if of_type in NAMED_TYPE else None, False, default)
    return found


def _parse(source: str) -> Any:
    with PARSING:
        return ast.parse(source)


def _literal(value: ast.expr | None) -> Any:
    try:
        return ast.literal_eval(value) if value else None
    except (ValueError, TypeError, RecursionError):
        return None


def fits(value: object, kind: ast.expr) -> bool:
    """Return whether a value is of a type, written as an annotation; types unknown here let everything through.

    >>> fits("gold", ast.parse("Literal['gold', 'silver'] | None", mode="eval").body)
    True
    >>> fits(True, ast.parse("int", mode="eval").body)
    False
    >>> fits(Decimal("1e400"), ast.parse("float", mode="eval").body)
    False
    """
    match kind:
        case ast.Constant(value=None):
            return value is None
        case ast.Constant(value=str(quoted)):
            return fits(value, _parse(quoted).body[0].value)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return fits(value, left) or fits(value, right)
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return value is None or fits(value, inner)
        case ast.Subscript(value=ast.Name(id="list"), slice=inner):
            return isinstance(value, list) and all(fits(item, inner) for item in value)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=inner):
            options = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return any(type(value) is type(option) and value == option for option in map(_literal, options))
        case ast.Subscript(value=ast.Name(id="dict" | "tuple")):
            return not isinstance(value, str)
        case ast.Name(id="float") if isinstance(value, int | Decimal) and abs(Decimal(value)) > LARGEST_FLOAT:
            return False  # it would reach the notebook as infinity
        case ast.Name(id=name) if name in NAMED_TYPE:
            return isinstance(value, NAMED_TYPE[name]) and (name == "bool" or not isinstance(value, bool))
    return True
