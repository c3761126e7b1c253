"""slakit: what a service level agreement promises, what happened, what is owed, and until when it can be claimed.

Names are imported when they are first used, so that `import slakit` costs nothing. They are listed once, in
`__init__.pyi`.
"""

from pathlib import Path

import lazy_loader

from slakit import _hooks

__version__ = "0.3.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def _write_workbook(result: object, path: str | Path) -> None:
    from slakit.show.excel.results import result_workbook

    result_workbook(result, path)


_hooks.write_workbook = _write_workbook
