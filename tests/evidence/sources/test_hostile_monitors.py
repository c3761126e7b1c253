"""Files that readers of monitors must refuse in a sentence."""

from pathlib import Path

import pytest

from slakit.evidence.sources import better_stack, datadog, pingdom, prometheus, uptimerobot
from slakit.evidence.sources.reader import Reader
from slakit.problems import InputError

FILES = Path(__file__).parent / "files"
READERS = {
    "pingdom.json": pingdom.READER,
    "uptimerobot.json": uptimerobot.READER,
    "better_stack.json": better_stack.READER,
    "prometheus.json": prometheus.READER,
    "datadog_history.json": datadog.READER,
    "datadog_corrections.json": datadog.READER,
}
HTML = b"<!doctype html><html><title>Sign in</title></html>"
OTHERS = [b"", b" \n", HTML, b"a,b\n1,2\n", b"\xff\xfe\x00", b"null", b"[]", b"{}", b"[" * 100_000, b'{"data": NaN}']


@pytest.mark.parametrize("reader", READERS.values(), ids=list(READERS))
@pytest.mark.parametrize(
    "source",
    [b"", b" \n", HTML, b"a,b\n1,2\n", b"\xff\xfe\x00", b"null", b"[]", b"{}", b"[" * 100_000, b'{"data": NaN}'],
)
def test_another_file_is_not_recognised_and_refused(reader: Reader, source: bytes) -> None:
    assert reader.recognises(source) is None
    with pytest.raises(InputError):
        reader.records(source, None)


@pytest.mark.parametrize(("file", "reader"), READERS.items())
def test_half_a_file_is_refused_and_each_file_has_one_reader(file: str, reader: Reader) -> None:
    whole = (FILES / file).read_bytes()
    with pytest.raises(InputError):
        reader.records(whole[: len(whole) // 2], None)
    assert {other.name for other in READERS.values() if other.recognises(whole)} == {reader.name}


def test_everything_that_is_wrong_is_told_at_once() -> None:
    states = b'{"status": "paused", "timefrom": 1, "timeto": 2}, {"status": "up", "timefrom": 1.5}'
    source = b'{"summary": {"states": [' + states + b"]}}"
    with pytest.raises(InputError) as caught:
        pingdom.READER.records(source, None)
    assert str(caught.value).splitlines() == [
        "pingdom: 3 problems",
        "  pingdom summary.states.0.status = paused: input should be 'up', 'down' or 'unknown'; ask for it as the "
        "manual says; if the format has changed, tell us",
        "  pingdom summary.states.1.timefrom = 1.5: input should be a valid integer; ask for it as the manual says; "
        "if the format has changed, tell us",
        "  pingdom summary.states.1.timeto: there is no such field; fetch the file again",
    ]


def test_a_time_that_ends_before_it_begins_is_refused() -> None:
    source = b'{"summary": {"states": [{"status": "up", "timefrom": 20, "timeto": 10}]}}'
    with pytest.raises(InputError, match="ends before it begins"):
        pingdom.READER.records(source, None)
