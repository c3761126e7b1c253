"""The command line.

Exit codes: 0 done, 1 the input is at fault, 2 wrong usage, 3 some reports or parts failed, a dossier differs, a
mapping is to be filled in, or a claim is not ready.
"""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from slakit.cli import (
    analyses,
    batches,
    checks,
    claims,
    deadlines,
    dossiers,
    outlooks,
    pages,
    policies,
    quotes,
    reviews,
    sources,
)
from slakit.cli.options import app
from slakit.problems import InputError, printable

__all__ = [
    "analyses",
    "app",
    "batches",
    "checks",
    "claims",
    "deadlines",
    "dossiers",
    "main",
    "outlooks",
    "pages",
    "policies",
    "quotes",
    "reviews",
    "sources",
]

INPUT_AT_FAULT = 1


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,  # noqa: ARG001 (`main` looks)
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Options of every command."""
    if version:
        from slakit import __version__

        typer.echo(f"slakit {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line: one message to stderr when the input is at fault, no traceback unless asked for."""
    debug = "--debug" in sys.argv[1:]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # its encoding may not know every character
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="slakit")
    except InputError as error:
        if debug:
            raise
        print(f"slakit: {error}", file=sys.stderr)
        sys.exit(INPUT_AT_FAULT)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:  # a full disk behind a pipe, a file that was there a moment ago
        if debug:
            raise
        where = f"{error.filename}: " if error.filename else ""
        print(printable(f"slakit: {where}{error.strerror or error}"), file=sys.stderr)
        sys.exit(INPUT_AT_FAULT)
