"""`python -m slakit`, and the command `slakit`."""

from __future__ import annotations

import atexit
import gc
import signal

MANY_OBJECTS = 100_000


def main() -> None:
    """Run the command line; Ctrl-C while it is being imported ends it without a traceback."""
    # A command mostly makes what it keeps to its end. The search for garbage, while it starts and again when it ends,
    # would take a quarter of its time.
    gc.set_threshold(MANY_OBJECTS, 20, 20)
    atexit.register(gc.freeze)
    # An exception would show where the import was, or be swallowed by compiled code; and there is nothing to clean up.
    on_interrupt = signal.getsignal(signal.SIGINT)
    if on_interrupt is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from slakit.cli import main as run

    signal.signal(signal.SIGINT, on_interrupt)
    run()


if __name__ == "__main__":
    main()
