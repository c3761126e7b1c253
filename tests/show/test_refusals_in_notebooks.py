"""In a notebook a refusal is its sentence, not forty lines of traceback."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

from slakit.policy.files import find_policy
from slakit.problems import InputError


def test_a_refusal_is_shown_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell()
    with pytest.raises(InputError) as refused:
        find_policy("klik")
    shell.run_cell("import slakit as sla; sla.find_policy('klik')")
    said = capsys.readouterr()
    assert said.out.strip() == str(refused.value)
    assert "Traceback" not in said.out + said.err
