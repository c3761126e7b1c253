"""What slakit takes of Papermill beyond its contract: how it loads, parameterizes and runs notebooks.

No other module imports Papermill (import-linter holds it). What changes in its next version is mended here; tests run
with the lowest version that `pyproject.toml` admits, and with the newest known.
"""

from papermill.clientwrap import PapermillNotebookClient  # type: ignore[import-untyped]
from papermill.engines import NBClientEngine, papermill_engines  # type: ignore[import-untyped]
from papermill.exceptions import PapermillExecutionError  # type: ignore[import-untyped]
from papermill.execute import execute_notebook  # type: ignore[import-untyped]
from papermill.iorw import load_notebook_node  # type: ignore[import-untyped]
from papermill.parameterize import parameterize_notebook  # type: ignore[import-untyped]
from papermill.utils import nb_kernel_name  # type: ignore[import-untyped]

__all__ = [
    "NBClientEngine",
    "PapermillExecutionError",
    "PapermillNotebookClient",
    "execute_notebook",
    "load_notebook_node",
    "nb_kernel_name",
    "papermill_engines",
    "parameterize_notebook",
]
