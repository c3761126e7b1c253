"""Files that are read or written whole, or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".slakit-part"
"""How a file ends that is still being written: what a killed process leaves can be told by it."""


LARGEST_TEXT = 20_000_000
"""Bytes of a text that somebody names, unless a caller says otherwise."""


def read_whole(path: Path, most: int = LARGEST_TEXT) -> bytes:
    """Read a file of bearable size.

    What is no file may never end (a pipe, `/dev/zero`), or never answer.

    Raises
    ------
    OSError
        It is not there, is no file, or is larger than `most` bytes.
    """
    try:
        mode = path.stat().st_mode
    except ValueError:
        raise OSError(errno.EINVAL, "not a name of a file") from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "Is a directory")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a file")
    with path.open("rb") as file:
        content = file.read(most + 1)  # the size that is told need not be true
    if len(content) > most:
        raise OSError(errno.EFBIG, f"too large: over {most:,} bytes")
    return content


def is_file(path: Path) -> bool:
    """Tell whether there is a file of a name; there is none of a name that no file system takes."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Tell whether there is a folder of a name; see `is_file`."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def real_path(path: Path) -> Path:
    """Follow the links of a path; one that leads nowhere is left as it is."""
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):  # RuntimeError: a link to itself, before Python 3.13
        return path.absolute()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a place beside a file to write to; what stands there at the end takes the file's place, all at once.

    A link stays a link: the file that it leads to is replaced.

    Raises
    ------
    OSError
        There is something that is no file, such as a device or a pipe: it must not be replaced by one.
    """
    path = real_path(path) if path.is_symlink() else path
    if path.exists() and not path.is_file():
        raise OSError(errno.EISDIR if path.is_dir() else errno.EINVAL, "not a file", str(path))
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other process holds a folder like this, and hold it: what is read there stays until it is written.

    The folder need not be there. Nothing is left of a process that is killed. Where a file system has no locks, and on
    Windows, nobody waits.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    held = None
    try:
        while held is None:
            # the folder itself may be made, and the one that it is in, while this waits
            above = next(parent for parent in folder.absolute().parents if parent.is_dir())
            held = os.open(above, os.O_RDONLY)
            fcntl.flock(held, fcntl.LOCK_EX)
            if above != next(parent for parent in folder.absolute().parents if parent.is_dir()):
                os.close(held)
                held = None
    except OSError:
        pass  # no locks there
    except BaseException:
        if held is not None:
            os.close(held)
        raise
    try:
        yield
    finally:
        if held is not None:
            os.close(held)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that at every instant either the old one or the new one is there."""
    with replacing(path) as unfinished:
        unfinished.write_bytes(content.encode() if isinstance(content, str) else content)


def write_all(contents: Mapping[Path, bytes | None]) -> None:
    """Write files so that all of them are written or none, also where an interrupt or an error comes in between.

    Parameters
    ----------
    contents
        File -> what it shall hold, or None to take it away. Folders that are not there are made.

    Raises
    ------
    OSError
        One of them cannot be written.
    """
    contents = {real_path(path) if path.is_symlink() else path: content for path, content in contents.items()}
    folders = {folder for path in contents for folder in path.parents if not folder.exists()}
    made = sorted(folders, key=lambda folder: len(folder.parts))
    name = f"{secrets.token_hex(4)}{UNFINISHED}"
    unfinished = {path: path.with_name(f".{path.name}.{name}") for path in contents}
    before = {path: path.with_name(f".{path.name}.old.{name}") for path in contents if path.exists()}
    replaced: list[Path] = []
    try:
        for folder in made:
            folder.mkdir(exist_ok=True)
        for path, content in contents.items():
            if content is not None:
                unfinished[path].write_bytes(content)
            if path in before:
                shutil.copyfile(path, before[path])
        for path, content in contents.items():
            replaced.append(path)
            if content is None:
                path.unlink(missing_ok=True)
            else:
                unfinished[path].replace(path)
    except BaseException:
        for path in replaced:
            if path in before:
                before[path].replace(path)
            else:
                path.unlink(missing_ok=True)
        raise
    finally:
        for path in (*unfinished.values(), *before.values()):
            path.unlink(missing_ok=True)
        for folder in reversed(made):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
