"""What to do when told to stop."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

STOPPING = ("SIGINT", "SIGTERM", "SIGHUP")


@contextlib.contextmanager
def until_signal(stop: Callable[[str], None]) -> Iterator[None]:
    """Call `stop` at the first Ctrl-C or request to end; the second has its usual effect."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = [getattr(signal, name) for name in STOPPING if hasattr(signal, name)]
    before = {signum: signal.getsignal(signum) for signum in signals}

    def restore() -> None:
        for signum, handler in before.items():
            signal.signal(signum, handler)

    def on_signal(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
        restore()
        stop(signal.Signals(signum).name)

    for signum in signals:
        if before[signum] is not signal.SIG_IGN:
            signal.signal(signum, on_signal)
    try:
        yield
    finally:
        restore()
