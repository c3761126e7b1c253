"""The answers people look at: charts, tables, headlines, workbooks and explorers, for notebooks and for memos.

Names are imported when they are first used: a table does not wait for the library of charts. They are listed once, in
`__init__.pyi`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
