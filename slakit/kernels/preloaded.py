"""The process that kernels are forked from: it imports everything and executes nothing.

Run as `python -m slakit.kernels.preloaded CHANNEL PARENT`, by `forkserver.ForkServer` only.

It must stay idle: a polars operation, a chart turned to JSON or an open zmq context would start threads,
and a process forked while another thread holds a lock waits for that lock for ever. Imports alone start
none that matter.

Each kernel hangs on a *lifeline*, a socket of its own to the process that asked for it. Signals to the
kernel travel down the lifeline and its exit code comes back; when the lifeline breaks, the kernel and all
it started are killed. So nothing survives its owner, however that ends, and no process identifier is used
after it may belong to another.

A process that leaves the kernel's process group does not get away either. Linux hands the children of a process
that ends to the nearest ancestor that takes orphans. A kernel takes those of its own descendants while it lives, and
this process takes those of the kernels: whatever child it has that is no kernel belonged to one that has ended.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import re
import selectors
import shutil
import signal
import socket
import struct
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from slakit._import_guard import without_slow_imports

HEADER = struct.Struct("!I")
SCRATCH = "SLAKIT_SCRATCH"
"""Environment variable that names the folder for temporary files of a batch; it is removed with this process."""
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36

# What notebooks and their kernels load anyway. A module that is not installed is passed over.
_LISTED = """
    ipykernel.kernelapp ipykernel.ipkernel ipykernel.zmqshell ipykernel.debugger matplotlib_inline.config
    IPython.core.completerlib IPython.core.debugger IPython.core.logger IPython.core.oinspect
    IPython.core.pylabtools IPython.extensions.storemagic tornado.platform.asyncio
    polars pydantic ruamel.yaml babel.numbers holidays jinja2 vl_convert altair great_tables ipywidgets
    narwhals._polars.dataframe narwhals._polars.expr narwhals._interchange.dataframe
"""
PRELOADED = _LISTED.split()


@dataclass
class SpawnRequest:
    """What a forked kernel is told: its arguments, its environment and the folder it works in."""

    arguments: list[str]
    environment: dict[str, str]
    folder: str


class SpawnServer:
    """Forks kernels on request, passes signals to them and tells how they ended."""

    def __init__(self, channel: socket.socket, parent: int) -> None:
        self.channel = channel
        self.selector = selectors.DefaultSelector()
        self.selector.register(channel, selectors.EVENT_READ, None)
        # The channel alone would not do: a process that the parent forked may hold its other end open.
        self.parent = os.pidfd_open(parent)
        self.selector.register(self.parent, selectors.EVENT_READ, None)
        self.lifelines: dict[int, socket.socket] = {}
        self.watches: dict[int, int] = {}

    def serve(self) -> SpawnRequest:
        """Answer until the parent is gone. Returns in the kernels only."""
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.parent:
                    self.end()
                elif key.fileobj is self.channel:
                    birth = self.fork()
                    if birth is not None:
                        return birth
                elif isinstance(key.fileobj, socket.socket):
                    self.pass_signal(key.data, key.fileobj)
                else:
                    self.report(key.data)

    def fork(self) -> SpawnRequest | None:
        """Fork a kernel as asked on the channel; returns its birth in the kernel, nothing in the server."""
        header, descriptors, _, _ = socket.recv_fds(self.channel, HEADER.size, 1)
        if not header:
            self.end()
        birth = SpawnRequest(**json.loads(_receive(self.channel, HEADER.unpack(header)[0])))
        lifeline = socket.socket(fileno=descriptors[0])
        server = os.getpid()
        with warnings.catch_warnings():  # newer Pythons warn of any thread; those of imports are known to be harmless
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            lifeline.close()
            self.forget()
            os.setpgid(0, 0)  # a process of its own, that dies with the server even while it computes
            _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            _prctl(PR_SET_CHILD_SUBREAPER, 1)
            if os.getppid() != server:
                os._exit(1)
            return birth
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)  # the kernel does so too; whichever comes first, a signal finds the group
        self.lifelines[pid] = lifeline
        self.watches[pid] = os.pidfd_open(pid)
        self.selector.register(lifeline, selectors.EVENT_READ, pid)
        self.selector.register(self.watches[pid], selectors.EVENT_READ, pid)
        _tell(lifeline, pid)
        return None

    def pass_signal(self, pid: int, lifeline: socket.socket) -> None:
        """Signal a kernel as its owner asks, or kill it if there is no owner any more."""
        try:
            order = lifeline.recv(HEADER.size)
        except OSError:
            order = b""
        if pid in self.watches:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, HEADER.unpack(order)[0] if order else signal.SIGKILL)
        if not order:
            self.selector.unregister(lifeline)
            lifeline.close()
            self.lifelines.pop(pid, None)

    def report(self, pid: int) -> None:
        """Tell how a kernel ended, and end what it left running."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)  # not yet reaped: the number is still the kernel's
        _, status = os.waitpid(pid, 0)
        watch = self.watches.pop(pid)
        self.end_orphans()
        self.selector.unregister(watch)
        os.close(watch)
        if pid in self.lifelines:
            _tell(self.lifelines[pid], os.waitstatus_to_exitcode(status))

    def end_orphans(self) -> None:
        """Kill what kernels that have ended left running, wherever it moved to."""
        # Children of an orphan come here when it ends: look again until there are none.
        while orphans := children_of(os.getpid()) - self.watches.keys():
            for pid in orphans:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for pid in orphans:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)

    def end(self) -> NoReturn:
        """Kill every kernel, remove the folder for temporary files and stop."""
        for pid in self.watches:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        for pid in list(self.watches):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
            del self.watches[pid]
        self.end_orphans()
        if scratch := os.environ.get(SCRATCH):
            shutil.rmtree(scratch, ignore_errors=True)
        os._exit(0)

    def forget(self) -> None:
        """Close, in a kernel, all that belongs to the server: a lifeline held twice would never break."""
        self.selector.close()
        for lifeline in self.lifelines.values():
            lifeline.close()
        for descriptor in (*self.watches.values(), self.parent):
            os.close(descriptor)
        self.channel.close()


def _receive(channel: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = channel.recv(size - len(parts))
        if not part:
            os._exit(0)
        parts += part
    return parts


def _tell(lifeline: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):
        lifeline.send(str(number).encode())


def _prctl(option: int, value: int) -> None:
    import ctypes

    ctypes.CDLL(None).prctl(option, value)


def children_of(parent: int) -> set[int]:
    """List the processes that a process is the parent of."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # it has just ended
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                if int(fields[1]) == parent:
                    found.add(int(folder.name))
    return found


def preload(*, bare: bool = False) -> None:
    """Import what reports use; `bare` does without slakit itself."""
    with without_slow_imports(), contextlib.suppress(Exception):
        for name in PRELOADED:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        ours = [] if bare else pkgutil.walk_packages([str(Path(__file__).parents[1])], "slakit.")
        for module in ours:
            if not module.name.startswith(("slakit.batch", "slakit.cli", "slakit.explore", "slakit.__")):
                with contextlib.suppress(Exception):  # the notebook that uses it will tell
                    importlib.import_module(module.name)


def has_workers() -> bool:
    """Return whether polars has started its worker threads here: then a fork would wait for them for ever."""
    names = [Path(task, "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    return any(re.fullmatch(r"polars-\d+", name) for name in names)


def run_kernel(birth: SpawnRequest) -> NoReturn:
    """Become the kernel that was asked for."""
    import atexit

    from ipykernel.kernelapp import IPKernelApp

    gc.enable()
    os.environ.clear()
    os.environ.update(birth.environment)
    os.chdir(birth.folder)
    sys.argv = ["ipykernel_launcher", *birth.arguments]
    code: Any = 1
    try:
        kernel: Any = IPKernelApp.instance(parent_handle=os.getppid())
        kernel.initialize(birth.arguments)
        kernel.start()
        code = 0
        # What the notebook registered for its end is run, temporary folders and the like. The kernel's own orderly
        # closing is skipped: it closes sockets under a thread that still flushes into them, and now and then waits
        # ten seconds for it. The process ends right after, and its sockets and threads with it.
        atexit.unregister(kernel.close)
        atexit.unregister(kernel.iopub_thread.stop)
        atexit._run_exitfuncs()
    except SystemExit as leaving:
        code = leaving.code
    finally:
        os._exit(code if isinstance(code, int) else 1)


def main(channel: int, parent: int, *, bare: bool = False) -> NoReturn:
    """Serve kernels to the parent process until it is gone."""
    gc.disable()
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    preload(bare=bare)
    if has_workers():
        if bare:
            sys.exit("polars starts its threads when it is imported: kernels cannot be forked")
        again = [sys.executable, "-m", "slakit.kernels.preloaded", str(channel), str(parent), "bare"]
        os.execv(sys.executable, again)
    gc.freeze()  # so that collections in the kernels do not copy the pages they share
    birth = SpawnServer(socket.socket(fileno=channel), parent).serve()
    run_kernel(birth)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), bare="bare" in sys.argv[3:])
