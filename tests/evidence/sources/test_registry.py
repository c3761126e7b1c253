"""The readers that there are: each is where the list says, under the name that it has itself."""

from __future__ import annotations

import pytest

from slakit.evidence.sources.registry import OWN, SHIPPED, find_reader
from slakit.problems import InputError


@pytest.mark.parametrize("name", [*OWN, *SHIPPED])
def test_a_reader_of_slakit_is_the_one_of_its_name(name: str) -> None:
    reader = find_reader(name)
    assert reader.name == name
    assert reader.reads
    assert reader.mapping.__doc__
    assert reader.recognises(b"") is None
    assert reader.recognises(b"\x00\xff" * 50) is None


def test_a_misspelled_reader_is_told_the_closest() -> None:
    with pytest.raises(InputError, match="did you mean statuspage"):
        find_reader("status-page")
