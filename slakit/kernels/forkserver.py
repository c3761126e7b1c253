"""A Jupyter kernel provisioner whose kernels are forked from a process that has imported everything already.

Registered under the name `slakit-forkserver`; the kernel `slakit` uses it. So does `papermill -k slakit`.
Where processes cannot be forked safely (macOS, Windows), kernels are started the ordinary way.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from slakit.kernels.preloaded import HEADER

PROMPT_EXIT = 1.0  # [s] how long a kernel that was asked to leave is waited for before jupyter's slower ways


class ForkedProcess:
    """A kernel that was forked elsewhere, with the manners of `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, lifeline: socket.socket) -> None:
        self.lifeline = lifeline
        self.lock = threading.Lock()
        self.returncode: int | None = None
        born = lifeline.recv(64)
        if not born:
            raise RuntimeError("the process that kernels are forked from has ended")
        self.pid = int(born)

    def poll(self) -> int | None:
        """Tell the exit code, or nothing while the kernel lives."""
        return self.wait(0)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for the kernel to end; a kernel that vanished without a code counts as killed."""
        with self.lock:
            if self.returncode is not None:
                return self.returncode
            poller = select.poll()  # unlike select, for any number of open files
            poller.register(self.lifeline, select.POLLIN)
            if poller.poll(None if timeout is None else timeout * 1000):
                try:
                    self.returncode = int(self.lifeline.recv(64) or -signal.SIGKILL)
                except ConnectionError:
                    self.returncode = -signal.SIGKILL
                self.lifeline.close()
            return self.returncode

    def send_signal(self, signum: int) -> None:
        """Signal the kernel and all it started, from any thread; nothing happens if it has ended."""
        with contextlib.suppress(OSError):
            self.lifeline.send(HEADER.pack(signum))

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The process that kernels are forked from, as seen by the process that wants kernels."""

    def __init__(self, environment: dict[str, str] | None = None, *, quiet: bool = False) -> None:
        self.owner = os.getpid()
        self.lock = threading.Lock()
        self.channel, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "slakit.kernels.preloaded", str(theirs.fileno()), str(self.owner)],
                pass_fds=[theirs.fileno()],
                env=os.environ | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"} | (environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if quiet else None,
                stderr=subprocess.DEVNULL if quiet else None,
                start_new_session=True,  # Ctrl-C in the terminal is for the owner, who passes it on
            )

    def fork(self, arguments: list[str], environment: dict[str, str], folder: str) -> ForkedProcess:
        """Fork a kernel."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        birth = {"arguments": arguments, "environment": environment, "folder": folder}
        letter = json.dumps(birth).encode()
        try:
            with theirs, self.lock:
                socket.send_fds(self.channel, [HEADER.pack(len(letter))], [theirs.fileno()])
                self.channel.sendall(letter)
            return ForkedProcess(ours)
        except BaseException:
            ours.close()
            raise

    @property
    def is_usable(self) -> bool:
        """Return whether this process started the server and it still runs."""
        return self.owner == os.getpid() and self.process.poll() is None

    def close(self) -> None:
        """End the server and every kernel it forked."""
        self.channel.close()
        if self.owner == os.getpid():
            self.process.wait()


_server: ForkServer | None = None
_starting = threading.Lock()


def open_server(environment: dict[str, str] | None = None, *, quiet: bool = False) -> ForkServer:
    """Start the server of this process, or give the one that runs."""
    global _server
    with _starting:
        if _server is None or not _server.is_usable:
            _server = ForkServer(environment, quiet=quiet)
            atexit.register(close_server)
        return _server


def close_server() -> None:
    """End the server of this process, if there is one, and its kernels."""
    global _server
    with _starting:
        if _server is not None:
            _server.close()
        _server = None
    atexit.unregister(close_server)


def can_fork() -> bool:
    """Return whether kernels can be forked here: on Linux, with a kernel that hands out process descriptors."""
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


def kernel_arguments(command: list[str]) -> list[str] | None:
    """Give the arguments of a kernel that is an ordinary ipykernel of this very interpreter.

    >>> kernel_arguments([sys.executable, "-m", "ipykernel_launcher", "-f", "k.json"])
    ['-f', 'k.json']
    """
    if command[:3] == [sys.executable, "-m", "ipykernel_launcher"]:
        return command[3:]
    return None


class ForkedKernel(LocalProvisioner):
    """Provisions a kernel by forking it."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel, or start it the ordinary way where that is not possible."""
        arguments = kernel_arguments(cmd)
        if arguments is None or not can_fork():
            return await super().launch_kernel(cmd, **kwargs)
        self.cwd = kwargs.get("cwd") or str(Path.cwd())
        environment = dict(kwargs.get("env") or os.environ)
        environment.pop("JPY_PARENT_PID", None)
        try:
            forked = await asyncio.to_thread(lambda: open_server().fork(arguments, environment, str(self.cwd)))
        except (RuntimeError, OSError) as error:
            self.log.warning("%s; this kernel is started the ordinary way", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = cast(Any, forked)  # jupyter asks no more of it than `subprocess.Popen` has
        self.pid = forked.pid
        return self.connection_info

    async def shutdown_requested(self, restart: bool = False) -> None:  # noqa: ARG002
        """Wait for the kernel that was asked to leave; jupyter itself would look again after fixed pauses."""
        await self._exit()

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and wait for its end."""
        await super().kill(restart)
        await self._exit()

    async def _exit(self) -> None:
        process: Any = self.process
        if not isinstance(process, ForkedProcess) or process.poll() is not None:
            return
        gone, descriptor = asyncio.Event(), process.lifeline.fileno()
        loop = asyncio.get_running_loop()
        loop.add_reader(descriptor, gone.set)
        try:
            await asyncio.wait_for(gone.wait(), PROMPT_EXIT)
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(descriptor)
