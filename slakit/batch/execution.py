"""Running the cells of a notebook: promptly, and with the truth about how it ended."""

from __future__ import annotations

import signal
import tempfile
from time import monotonic
from typing import Any

from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode, from_dict

from slakit.batch.papermill import NBClientEngine, PapermillNotebookClient
from slakit.kernels.manager import PromptManager
from slakit.policy.quantities import PlainDuration

MOST_OUTPUT = 50_000_000
"""Characters that a report may print: more would fill the memory, and no browser opens the page."""


class StrictClient(PapermillNotebookClient):  # type: ignore[misc]
    """Runs the cells of a notebook; whatever stops it, the cell that was running is marked as failed."""

    session: Session | None = None
    printed = 0

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Take an output of a cell; a notebook that prints without end is ended."""
        if msg["msg_type"] in ("stream", "display_data", "execute_result", "update_display_data", "error"):
            self.printed += _characters(msg["content"])
            if self.printed > MOST_OUTPUT:
                if self.session:
                    self.session.end(f"it printed more than {MOST_OUTPUT // 1_000_000} million characters")
                return None
        return super().process_message(msg, cell, cell_index)

    def papermill_execute_cells(self) -> None:
        """Run the cells in turn, up to the first that fails."""
        if self.session:
            self.session.began = monotonic()
        for index, cell in enumerate(self.nb.cells):
            try:
                self.nb_man.cell_start(cell, index)
                self.execute_cell(cell, index)
            except (CellExecutionError, DeadKernelError) as error:
                self.mark_failed(index, error)
                return
            except BaseException as error:  # a timeout, Ctrl-C: Papermill would call the cell completed
                self.mark_failed(index, error)
                raise
            finally:
                self.nb_man.cell_complete(self.nb.cells[index], cell_index=index)

    def mark_failed(self, index: int, error: BaseException) -> None:
        """Mark a cell, and with it the notebook, as failed, for a reason that can be read in its output."""
        cell = self.nb.cells[index]
        if not isinstance(error, CellExecutionError):
            name, text = type(error).__name__, self.reason(error)
            shown = {"output_type": "error", "ename": name, "evalue": text, "traceback": [f"{name}: {text}"]}
            cell.outputs.append(from_dict(shown))  # type: ignore[no-untyped-call]
        self.nb_man.cell_exception(cell, cell_index=index, exception=error)

    def reason(self, error: BaseException) -> str:
        """Say why a run ended when no exception in the notebook does."""
        if isinstance(error, KeyboardInterrupt):
            return "interrupted by the user"
        if not isinstance(error, DeadKernelError):
            return str(error)
        if self.session and self.session.ended_for:
            return self.session.ended_for
        process = getattr(getattr(self.km, "provisioner", None), "process", None)
        code = process.poll() if process else None
        if code is None or code >= 0:
            return "the kernel died" + (f" with exit code {code}" if code is not None else "")
        hint = ", perhaps for want of memory" if code == -signal.SIGKILL else ""
        return f"the kernel died of {signal.Signals(-code).name}{hint}"

    def execute(self, **kwargs: Any) -> Any:
        """Run the notebook in a new kernel."""
        self.reset_execution_trackers()
        with self.setup_kernel(**kwargs):
            reply = self.wait_for_reply(self.kc.kernel_info())
            self.nb.metadata["language_info"] = reply["content"]["language_info"]
            self.papermill_execute_cells()
            self.set_widgets_metadata()
        return self.nb


def _characters(content: Any) -> int:
    """Count the characters of an output."""
    if isinstance(content, dict):
        return sum(map(_characters, content.values()))
    if isinstance(content, list):
        return sum(map(_characters, content))
    return len(content) if isinstance(content, str) else 0


class Session:
    """A hold on a run from outside: its notebook, also after it failed, and a way to end it.

    Parameters
    ----------
    scratch
        Folder for the temporary files of the run; the system's if none is given.
    """

    def __init__(self, scratch: str | None = None) -> None:
        self.client: StrictClient | None = None
        self.scratch = scratch
        self.began: float | None = None  # when its first cell did
        self.ended_for = ""
        self.is_ended = False

    @property
    def notebook(self) -> NotebookNode | None:
        """Return the notebook, with the outputs so far; nothing before it was started."""
        return self.client.nb if self.client else None

    def end(self, reason: str = "") -> None:
        """Kill the kernel, if there is one; the run then ends as failed. Can be called from any thread.

        Parameters
        ----------
        reason
            Why, for the report; the way the kernel ended, if none is given.
        """
        self.ended_for, self.is_ended = self.ended_for or reason, True
        manager = self.client.km if self.client else None
        process = getattr(getattr(manager, "provisioner", None), "process", None)
        if process:
            process.kill()

    def end_overdue(self, timeout: PlainDuration) -> None:
        """Kill the kernel if its cells run for longer than the plan allows."""
        if self.began is not None and monotonic() - self.began > timeout.microseconds / 1_000_000:
            self.end(f"it ran for longer than {timeout}; to allow more, write timeout: in the plan")


class StrictEngine(NBClientEngine):  # type: ignore[misc]
    """Runs notebooks with the client above; `slakit.batch.engine` is how Papermill finds it."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        session: Session | None = None,
        launch: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Run a notebook in a kernel that talks through files in a private folder.

        Parameters
        ----------
        session
            Is given a hold on the run.
        launch
            Where the kernel works (`cwd`) and with which environment (`env`); Papermill's own `cwd` would
            move this whole process.
        """
        kwargs.pop("input_path", None)
        scratch = session.scratch if session else None
        with tempfile.TemporaryDirectory(prefix="k" if scratch else "slakit-", dir=scratch) as folder:  # sockets: short
            manager = PromptManager(
                kernel_name=kernel_name,
                transport="ipc",
                ip=f"{folder}/k",
                connection_file=f"{folder}/kernel.json",
            )
            client = StrictClient(
                nb_man, km=manager, timeout=execution_timeout, startup_timeout=start_timeout, **kwargs
            )
            client.owns_km = True
            client.extra_arguments = ["--HistoryManager.enabled=False"]
            if session:
                session.client, client.session = client, session
            return client.execute(**(launch or {}))
