"""Arguments of public functions: what their annotations do not allow is refused in words, all of it at once."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, wraps
from numbers import Integral, Real
from pathlib import Path
from types import SimpleNamespace, UnionType
from typing import Any, Literal, ParamSpec, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from slakit._atomic import write_whole
from slakit.problems import InputError, Problem

P = ParamSpec("P")
R = TypeVar("R")

ALSO: dict[object, tuple[type, ...]] = {
    float: (Real,), int: (Integral,), Decimal: (Decimal, Integral), Path: (os.PathLike,),
}  # fmt: skip
"""Types whose values stand for those of another: an integer for a number, anything with a path for a path."""
IN_WORDS = {
    "str": "text", "float": "a number", "int": "a whole number", "Decimal": "a number", "bool": "True or False",
    "Path": "a path", "date": "a date", "datetime": "a datetime with its offset", "timedelta": "a timedelta",
    "Policy": "a policy, as find_policy and read_policy return it", "Terms": "terms, as Policy.terms returns them",
    "Evidence": "evidence, as read_evidence and Evidence.of return it", "Review": "a review, as assess returns it",
    "Comparison": "a comparison, as compare returns it", "DataFrame": "a polars DataFrame",
    "Callable": "a function", "NoneType": "None",
}  # fmt: skip


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse arguments that the annotations of a function do not allow, before it is called.

    What can be read only once is read into a list, so that its entries are looked at too.

    >>> @checked
    ... def double(number: float, name: str | None = None) -> float:
    ...     return 2 * number
    >>> double("2", name=3)
    Traceback (most recent call last):
    slakit.problems.InputError: double: 2 problems
      double number = 2: a str; give a number
      double name = 3: an int; give text, or None

    Raises
    ------
    InputError
        Arguments are of the wrong type, all at once.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        hints, bound = _hints(function), signature.bind(*args, **kwargs)
        for name, value in bound.arguments.items():
            if isinstance(value, Iterator):
                bound.arguments[name] = list(value)
        problems = []
        for name, value in bound.arguments.items():
            if name in hints:
                by_name = signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD
                given = value if by_name else {name: value}
                wrong = {own: one for own, one in given.items() if not _fits(one, hints[name])}
                problems += [_problem(f"{function.__name__} {own}", one, hints[name]) for own, one in wrong.items()]
        if problems:
            raise InputError(function.__name__, problems)
        return function(*bound.args, **bound.kwargs)

    return call


def refuse_wrong_fields(value: Any) -> None:
    """Refuse a dataclass whose fields are not of their types; for `__post_init__`.

    Raises
    ------
    InputError
        Fields are of the wrong type, all at once.
    """
    kind = type(value)
    hints = get_type_hints(kind)
    problems = [
        _problem(f"{kind.__name__} {field.name}", getattr(value, field.name), hints[field.name])
        for field in fields(kind)
        if not _fits(getattr(value, field.name), hints[field.name])
    ]
    if problems:
        raise InputError(kind.__name__, problems)


def write_named(path: Path, content: str | bytes) -> None:
    """Write a file that a caller named, whole or not at all.

    Raises
    ------
    InputError
        It cannot be written.
    """
    try:
        write_whole(path, content)
    except (OSError, ValueError) as error:  # a name may hold what no file system takes
        wrong = f"cannot be written ({getattr(error, 'strerror', None) or error})"
        remedy = "name a file in a folder that can be written"
        raise InputError(str(path), [Problem(str(path), None, wrong, remedy)]) from None


@cache
def _hints(function: Callable[..., object]) -> dict[str, object]:
    """Return annotations of the parameters; what is returned may be known to type checkers only."""
    named = {name: hint for name, hint in function.__annotations__.items() if name != "return"}
    return get_type_hints(SimpleNamespace(__annotations__=named), globalns=inspect.unwrap(function).__globals__)


def _fits(value: Any, hint: Any) -> bool:
    """Return whether a value is what an annotation allows."""
    if hint in (Any, object):
        return True
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is Literal:
        return any(value is one or (type(value) is type(one) and value == one) for one in inner)
    plain: Any = origin or hint
    if (isinstance(value, bool) and plain is not bool) or (isinstance(value, datetime) and plain is date):
        return False
    if not isinstance(plain, type) or not isinstance(value, cast("Any", ALSO.get(plain, plain))):
        return False
    if not inner or plain is Callable or isinstance(value, str):
        return not isinstance(value, str) or not inner or inner[0] is str
    if isinstance(value, Mapping):
        return len(inner) == 2 and all(_fits(key, inner[0]) and _fits(one, inner[-1]) for key, one in value.items())
    if plain is tuple and inner[-1] is not Ellipsis:
        return isinstance(value, tuple) and len(value) == len(inner) and all(map(_fits, value, inner))
    if isinstance(value, bytes) or hasattr(value, "columns"):  # a table is no list of its columns
        return False
    return isinstance(value, Iterator) or all(_fits(one, inner[0]) for one in value)


def _problem(where: str, value: object, hint: object) -> Problem:
    name = type(value).__name__
    shown = value if isinstance(value, str | Real | Decimal | date | datetime | timedelta) else None
    wrong = "nothing was given" if value is None else f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
    return Problem(where, shown, wrong, f"give {_said(hint)}")


def _said(hint: object) -> str:
    """Say what an annotation allows, in words."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return ", or ".join(dict.fromkeys(map(_said, inner)))
    if origin is Literal:
        return " or ".join(map(str, inner))
    name = getattr(origin or hint, "__name__", str(hint))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"a mapping of {_said(inner[0])} to {_said(inner[1])}" if object not in inner else "a mapping"
    if origin is tuple:
        return "a tuple of " + " and ".join(_said(one) for one in inner if one is not Ellipsis)
    if isinstance(origin, type) and issubclass(origin, Iterable) and inner:
        return f"a list of {_said(inner[0])}"
    return IN_WORDS.get(name, name)
