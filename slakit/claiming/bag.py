"""Folders of files with their hashes, by BagIt (RFC 8493): made, and looked at without trust."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from slakit._atomic import read_whole
from slakit.evidence.files import cannot_read
from slakit.problems import InputError, Problem

PAYLOAD = "data"
DECLARATION, INFO = "bagit.txt", "bag-info.txt"
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
DECLARED = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
LARGEST_BAG = 20_000_000_000
"""Bytes of all files together that are hashed."""
MOST_FILES = 10_000
MOST_FOLDERS_DEEP = 10
LINE = re.compile(r"([0-9a-fA-F]{64}) [ *]?(\S.*)")
ESCAPED = {"%": "%25", "\r": "%0D", "\n": "%0A"}


def sha256_of(path: Path) -> str:
    """Hash a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def manifest_of(folder: Path, names: Iterable[str]) -> str:
    """Write a manifest: the hash and the path of each file, by path."""
    lines = []
    for name in sorted(names):
        escaped = "".join(ESCAPED.get(letter, letter) for letter in name)
        lines.append(f"{sha256_of(folder / name)}  {escaped}\n")
    return "".join(lines)


def seal(folder: Path, info: Mapping[str, str]) -> None:
    """Make a bag of a folder that holds `data`: declaration, information and the manifest of all that is in `data`.

    The tag manifest comes with `seal_tags`, once all files beside `data` are there.
    """
    payload = [name for name in files_of(folder) if name.startswith(f"{PAYLOAD}/")]
    size = sum((folder / name).stat().st_size for name in payload)
    told = {**info, "Payload-Oxum": f"{size}.{len(payload)}"}
    (folder / DECLARATION).write_bytes(DECLARED.encode())
    (folder / INFO).write_bytes("".join(f"{key}: {value}\n" for key, value in told.items()).encode())
    (folder / MANIFEST).write_bytes(manifest_of(folder, payload).encode())


def seal_tags(folder: Path) -> None:
    """Write the manifest of the files beside `data`."""
    tags = [name for name in files_of(folder) if not name.startswith(f"{PAYLOAD}/") and name != TAG_MANIFEST]
    (folder / TAG_MANIFEST).write_bytes(manifest_of(folder, tags).encode())


def files_of(folder: Path) -> list[str]:
    """List the files of a bag by their paths in it, sorted; nothing is opened, no link followed.

    Raises
    ------
    InputError
        There is no such folder, or it holds what no dossier does: links, devices, too much, too many, too deep.
    """
    problems: list[Problem] = []
    names: list[str] = []
    size = 0
    try:
        for name, found in _walk(folder, "", MOST_FOLDERS_DEEP):
            if stat.S_ISLNK(found.st_mode):
                problems.append(Problem(name, None, "a link, which may lead out of the dossier", "put the file there"))
            elif not stat.S_ISREG(found.st_mode):
                remedy = "take it away"
                wrong = "folders too deep" if stat.S_ISDIR(found.st_mode) else "neither a file nor a folder"
                problems.append(Problem(name, None, wrong, remedy))
            names.append(name)
            size += found.st_size
            if len(names) > MOST_FILES or size > LARGEST_BAG:
                wrong = f"over {MOST_FILES:,} files" if len(names) > MOST_FILES else f"over {LARGEST_BAG:,} bytes"
                problems.append(Problem(str(folder), None, wrong, "it is not looked at: no dossier is as large"))
                break
    except OSError as error:
        problems.append(cannot_read(str(folder), error))
    if problems:
        raise InputError(str(folder), problems)
    return sorted(names)


def _walk(folder: Path, inside: str, depth: int) -> Iterator[tuple[str, os.stat_result]]:
    """Yield what is in a folder and below, by its path; a folder itself where it is too deep."""
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{inside}{entry.name}"
            if entry.is_dir(follow_symlinks=False) and depth:
                yield from _walk(folder / entry.name, f"{name}/", depth - 1)
            else:
                yield name, entry.stat(follow_symlinks=False)


def read_manifest(folder: Path, manifest: str) -> dict[str, str]:
    """Read a manifest: path → hash.

    Raises
    ------
    InputError
        It cannot be read, is no manifest, or names paths that lead out of the bag, are not of its part of it, or twice.
    """
    try:
        text = read_whole(folder / manifest).decode()
    except OSError as error:
        remedy = "name the folder that slakit dossier wrote"
        wrong = "not a dossier" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        raise InputError(str(folder), [Problem(manifest, None, wrong, remedy)]) from None
    except UnicodeDecodeError:
        raise InputError(str(folder), [Problem(manifest, None, "not UTF-8", "ask for the dossier again")]) from None
    hashes: dict[str, str] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        found = LINE.fullmatch(line)
        where = f"{manifest}:{number}"
        if found is None:
            problems.append(Problem(where, line, "not a hash and a path", "ask for the dossier again"))
            continue
        name = re.sub("%(25|0[DdAa])", lambda code: chr(int(code[1], 16)), found[2])
        if wrong := _no_path_of(name, payload=manifest == MANIFEST):
            problems.append(Problem(where, name, wrong, "ask for the dossier again"))
        elif name in hashes:
            problems.append(Problem(where, name, "named twice", "ask for the dossier again"))
        else:
            hashes[name] = found[1].lower()
    if problems:
        raise InputError(str(folder), problems)
    return hashes


def _no_path_of(name: str, *, payload: bool) -> str:
    """Say why a name in a manifest is not that of a file of its part of the bag; nothing where it is one."""
    parts = name.split("/")
    leaves = any(part in ("", ".", "..") for part in parts) or "\\" in name or ":" in parts[0] or name[0] == "~"
    if leaves or not name.isprintable():
        return "a path that leads out of the dossier"
    if (parts[0] == PAYLOAD) != payload:
        return f"not in the folder {PAYLOAD}" if payload else f"in the folder {PAYLOAD}, which has its own manifest"
    return ""
