"""How a kernel is found, started and spoken to without waiting longer than it takes."""

from __future__ import annotations

from pathlib import Path
from queue import Empty
from time import monotonic
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets import default

KERNELS = Path(__file__).parent / "kernelspec"
RECONNECT = 5  # [ms] between two attempts to reach a kernel that is still starting; the default is 100


class PromptClient(AsyncKernelClient):
    """A kernel client that starts work when the kernel is ready, not a fixed while later."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.context.reconnect_ivl = RECONNECT

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and its outputs arrive here.

        Jupyter's own way goes on to wait for a fifth of a second of silence. That protects clients which
        take the first output they see for theirs; nbclient looks whom an output answers.
        """
        deadline = monotonic() + (timeout or float("inf"))
        while monotonic() < deadline:
            self.kernel_info()
            try:
                await self.get_shell_msg(timeout=1)
                await self.get_iopub_msg(timeout=0.2)
                return
            except Empty:
                if not await self.is_alive():
                    raise RuntimeError("the kernel died while it was starting") from None
        raise RuntimeError(f"the kernel did not answer within {timeout} s")


class PromptManager(AsyncKernelManager):
    """A kernel manager that knows the kernel `slakit` and needs no free network ports."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.client_class = f"{__name__}.PromptClient"

    @default("kernel_spec_manager")
    def _with_our_kernel(self) -> KernelSpecManager:
        known = KernelSpecManager(data_dir=self.data_dir)
        known.kernel_dirs = [*known.kernel_dirs, str(KERNELS)]
        return known
