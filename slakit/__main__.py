"""`python -m slakit`, and the command `slakit`."""

from __future__ import annotations

import atexit
import gc
import sys

MANY_OBJECTS = 100_000


def main() -> None:
    """Run the command line; Ctrl-C while it is being imported ends it without a traceback too."""
    # A command mostly makes what it keeps to its end. The search for garbage, while it starts and again when it ends,
    # would take a quarter of its time.
    gc.set_threshold(MANY_OBJECTS, 20, 20)
    atexit.register(gc.freeze)
    try:
        from slakit.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
