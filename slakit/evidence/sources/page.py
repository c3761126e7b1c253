"""The page that describes every reader, from the readers themselves."""

from __future__ import annotations

import inspect
import re

from slakit.evidence.sources.reader import Reader, SourceMapping
from slakit.evidence.sources.refused import REFUSED
from slakit.evidence.sources.registry import OWN, SHIPPED, find_reader
from slakit.policy.reference import keys_table

INTRODUCTION = """\
# Files of other tools as evidence

Every reader, and every key of its mapping. Printed by `slakit schema --markdown --of sources`.

```sh
slakit import incidents.json --out evidence                                         # drafts evidence/READER.map.yaml
slakit import incidents.json --map evidence/READER.map.yaml --out evidence
```

The first command says in a mapping what must be decided: fill it in. The second writes the tables, each row with its
`source` and `source_id`, and the receipt `imported.json`: files with their hashes, the mapping, the time covered, rows
by table, every record that is in no row with the reason, and what changed last. slakit opens no connection: the
commands below fetch the files. At its end stands the `slakit assess` line for the months that the source tells of.

- A file may come twice, in parts and in any order. Of one record the latest version counts; rows that change are named.
- Rows of other sources, and rows without a `source`, stay as they are. Rows are added to CSV only.
- Records are kept in `.imported` beside the tables, so that a page that forgets old incidents loses none. `--replace`
  forgets them.
- Another mapping may come at any time: all records are read again by it. Only keys by which the file itself is read,
  such as `time_zone`, need all files once more, with `--replace`.
- Rows of `subscriptions` follow the mapping until they are edited in the evidence.
- Times that the source covers are rows of the table `coverage`: outside them it is not known what happened. A
  table is written where there are rows for it, and `outages` also where a time is covered in which there was none.

In Python: `sla.draft_mapping(files)`, `sla.import_evidence(files, out, mapping)`, `sla.read_receipts(out)`. A package
may add a reader as an entry point of the group `slakit.readers`, `name = "package.module:READER"`; what a reader is
stands in [reader.py](reader.py).

## Keys of every mapping
"""


def sources_reference() -> str:
    """Describe every reader of slakit, as Markdown."""
    readers = [find_reader(name) for name in sorted([*OWN, *SHIPPED])]
    common = SourceMapping.model_json_schema()
    item = common["$defs"]["MappedItem"]
    names = ["## Readers", "", "| reader | reads |", "|---|---|"]
    names += [f"| [`{reader.name}`](#{reader.name}) | {_reads(reader)} |" for reader in readers]
    refused = ["## Not read", "", "| file | why | instead |", "|---|---|---|"]
    refused += [f"| {known.name} | {known.wrong} | {known.remedy} |" for known in REFUSED]
    sections = [
        INTRODUCTION.rstrip(),
        keys_table(common),
        f"An item of `items`:\n\n{keys_table(item)}",
        "\n".join(names),
        *map(_section, readers),
        "\n".join(refused),
    ]
    return "\n\n".join(sections) + "\n"


def _reads(reader: Reader) -> str:
    """Say what a reader reads; names of files and calls are code."""
    return re.sub(r"(?<![\w/.`])\w+_\w+(?![\w`])", r"`\g<0>`", " ".join(reader.reads.split()))


def _section(reader: Reader) -> str:
    schema = reader.mapping.model_json_schema()
    told = [f"## {reader.name}", f"{_reads(reader)}."]
    if reader.fetch.startswith("in the browser"):
        told.append(f"{reader.fetch[:1].upper()}{reader.fetch[1:]}.")
    elif reader.fetch:
        told.append(f"```sh\n{reader.fetch}\n```")
    if reader.name in SHIPPED:
        return "\n\n".join([*told, "Its keys are those of [table](#table), drafted for these columns."])
    told.append(inspect.cleandoc(reader.mapping.__doc__ or ""))
    keys = keys_table(schema, without=SourceMapping.model_fields)
    if "`" in keys:
        told.append(keys)
    parts = {name: part for name, part in schema.get("$defs", {}).items() if "properties" in part}
    for name, part in parts.items():
        if name not in ("MappedItem", "CoveredTime"):
            told.append(f"{name}:\n\n{keys_table(part)}")
    return "\n\n".join(told)
