"""What every part of a policy file has in common."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Collection, Iterator
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import core_schema

from slakit.policy.quantities import Clause
from slakit.policy.yaml import Document, problems_of
from slakit.problems import InputError

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.fields import FieldInfo

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=60)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)]


class Part(BaseModel):
    """A block of a policy file. Unknown keys are refused; a part does not change once read.

    Made by hand in Python (`Hours(weekly=…)`), what is wrong with it is an `InputError` as well.
    """

    # most processes use one model, which holds the others: none is built before it is used
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)
    of_policies: ClassVar[bool] = True
    """Whether it is a block of policy files: another format that is written alike has words of its own."""

    if not TYPE_CHECKING:

        def __init__(self, /, **values):
            try:
                self.__pydantic_validator__.validate_python(values, self_instance=self)
            except ValidationError as error:
                name = type(self).__name__
                raise InputError(name, problems_of(error, Document(name, values), words_of_format())) from None

        __init__.__pydantic_base_init__ = True  # a part within another is made without it, and told of with the whole

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe each key by the text below its field; the source is read for it only here, as it takes long."""
        written = handler(schema)
        texts = _texts_below_fields(cls)
        for name, field in cls.model_fields.items():
            if name in texts:
                handler.resolve_ref_schema(written)["properties"][field.alias or name].setdefault(
                    "description", texts[name]
                )
        return written


class Stated(Part):
    """A term that is a fact of the text and not a figure."""

    says: str
    """The term, in slakit's words."""
    clause: Clause
    tiers: list[str] | None = None
    """Tiers it holds for; all, if not written."""


class PerTier:
    """Marks a field whose value may be written once, or as a mapping from tier to value.

    Type checkers see the plain value: `Policy.terms` leaves no mapping behind. A value that may be a mapping itself is
    known by its `keys`.
    """

    def __init__(self, *keys: str) -> None:
        self.keys = keys

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return one_or_each(handler(source), self.keys)


def one_or_each(one: core_schema.CoreSchema, keys: Collection[str] = ()) -> core_schema.CoreSchema:
    """Schema of a value, or of a mapping to such values; see `PerTier`."""

    def shape(value: object) -> str:
        return "each" if isinstance(value, dict) and value.keys().isdisjoint(keys) else "one"

    each = core_schema.dict_schema(core_schema.str_schema(), one, min_length=1)
    return core_schema.tagged_union_schema({"one": one, "each": each}, discriminator=shape)


def written_fields(part: Part) -> Iterator[tuple[str, FieldInfo, Any]]:
    """Yield each field that is written, with its name and its value; defaults are passed over."""
    for name, field in _fields(type(part)):
        if name in part.model_fields_set:
            yield name, field, getattr(part, name)


@cache
def _fields(part: type[Part]) -> list[tuple[str, FieldInfo]]:
    return list(part.model_fields.items())


def as_list(value: object) -> object:
    """Let a list of one be written without brackets."""
    return value if isinstance(value, list) else [value]


def words_of_format(part: type[Part] = Part) -> set[str]:
    """Every key that any part of the format knows, to suggest the one that was meant."""
    words: set[str] = set()
    for model in part.__subclasses__():
        if model.of_policies:
            words |= {field.alias or name for name, field in model.model_fields.items()} | words_of_format(model)
    return words


def _texts_below_fields(part: type[Part]) -> dict[str, str]:
    """Texts below the fields of a part, and below those that it has from others."""
    texts: dict[str, str] = {}
    for model in reversed([base for base in part.__mro__ if issubclass(base, Part)]):
        module = ast.parse(inspect.getsource(sys.modules[model.__module__]))
        body = next(node.body for node in module.body if isinstance(node, ast.ClassDef) and node.name == model.__name__)
        for field, below in pairwise([*body, ast.Pass()]):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                texts.pop(field.target.id, None)  # of the field as another part has it
                if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                    texts[field.target.id] = inspect.cleandoc(str(below.value.value))
    return texts
