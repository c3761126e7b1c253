"""Results as workbooks, whichever they are."""

from __future__ import annotations

from pathlib import Path

from slakit.analysis.review import Review
from slakit.comparison.compare import Comparison
from slakit.comparison.reconcile import Reconciliation
from slakit.show.excel.comparison import comparison_workbook
from slakit.show.excel.reconciliation import reconciliation_workbook
from slakit.show.excel.review import review_workbook


def result_workbook(result: object, path: str | Path) -> None:
    """Write a review, a comparison or a reconciliation as one workbook, whole or not at all.

    Parameters
    ----------
    result
        A `Review`, a `Comparison` or a `Reconciliation`.
    path
        Ends in `.xlsx`.

    Raises
    ------
    InputError
        The path does not end in `.xlsx`, cannot be written, or the extra `excel` is not installed.
    """
    if isinstance(result, Comparison):
        comparison_workbook(result, path)
    elif isinstance(result, Reconciliation):
        reconciliation_workbook(result, path)
    else:
        assert isinstance(result, Review)
        review_workbook(result, path)
