"""A Papermill engine that refuses unknown parameters and tells the truth about runs that ended early.

Registered with Papermill under the name `slakit`: `papermill --engine slakit -k slakit in.ipynb out.ipynb`.
Papermill imports this module while it is being imported itself, so nothing here imports Papermill before it
is asked to run a notebook.
"""

from __future__ import annotations

from typing import Any

from slakit.batch.parameters import parameters_of
from slakit.problems import InputError, Problem, one_of


class SlakitEngine:
    """The engine, as Papermill knows it."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, output_path: str | None = None, **kwargs: Any) -> Any:
        """Run a notebook, unless it was given parameters that it does not have."""
        from slakit.batch.execution import StrictEngine

        refuse_unknown_parameters(nb)
        return StrictEngine.execute_notebook(nb, kernel_name, output_path, **kwargs)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:
        """Name the kernel to use."""
        from slakit.batch.papermill import nb_kernel_name

        return str(nb_kernel_name(nb, name))

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:  # noqa: ARG003
        """Name the language of a notebook; this engine is for Python."""
        return language or "python"


def refuse_unknown_parameters(nb: Any) -> None:
    """Refuse to run a notebook with parameters that its `parameters` cell does not have.

    Papermill alone warns and runs with the defaults: a wrong report that looks right.
    """
    known = parameters_of(nb.cells) or {}
    given = nb.metadata.get("papermill", {}).get("parameters", {})
    problems = [
        Problem(name, value, "the notebook has no such parameter", one_of(known, name))
        for name, value in given.items()
        if name not in known
    ]
    if problems:
        raise InputError("parameters", problems)
