"""The folder that a batch writes: one writer at a time, every file whole or not there."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from slakit._atomic import UNFINISHED, real_path
from slakit.problems import InputError, Problem

LOCK = ".slakit-batch.lock"


def sweep(folder: Path) -> None:
    """Remove what a killed batch left half-written. Only for who holds the folder's lock."""
    for unfinished in folder.glob(f".*{UNFINISHED}"):
        unfinished.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep a folder for one batch.

    The lock is the operating system's, on an open file: it ends with the process that holds it, so none is
    stale.

    Raises
    ------
    InputError
        Another batch is writing there, or nothing can be written there.
    """
    path = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = _open_locked(path)
    except OSError as error:
        raise unwritable(folder, error) from None
    try:
        with contextlib.suppress(OSError):  # a full disk is told by the first file that matters
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows keeps open files
            path.unlink()  # before the lock ends: afterwards it could be the next batch's
        os.close(descriptor)


def unwritable(folder: Path, error: OSError) -> InputError:
    """Say what keeps a folder from being written.

    >>> print(unwritable(Path("reports"), OSError(28, "No space left on device")))
    reports: 1 problem
      reports: cannot be written (No space left on device); make room there, or name another folder
    """
    if error.filename is not None and not real_path(Path(error.filename)).is_relative_to(real_path(folder)):
        place, wrong = str(error.filename), f"cannot be read or written ({error.strerror or error})"
        return InputError(place, [Problem(place, None, wrong, "look at its rights, and at the room on its disk")])
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    is_file = isinstance(error, FileExistsError | NotADirectoryError)
    remedy = "make room there, or name another folder" if full else "name a folder that can be written"
    wrong = "is a file, not a folder" if is_file else f"cannot be written ({error.strerror or error})"
    return InputError(str(folder), [Problem(str(folder), None, wrong, remedy)])


def _open_locked(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _lock(descriptor):
            holder = os.read(descriptor, 20).decode(errors="replace")
            os.close(descriptor)
            wrong = f"another batch (process {holder}) is writing here"
            seen = Problem(str(path.parent), None, wrong, "wait for it, or choose another folder")
            raise InputError(str(path.parent), [seen])
        # Its last holder may have removed the file between the two steps; then nobody else can see the one
        # locked.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return _lock_on_windows(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_on_windows(descriptor: int) -> bool:
    import msvcrt

    os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # beyond what is written, so that others can read who holds it
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return True
