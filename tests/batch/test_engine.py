"""The engine and the kernel work with plain Papermill, found through entry points."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path

import nbformat
import pytest
from batch_support import WriteNotebook
from jupyter_client.kernelspec import KernelSpecManager

from slakit.kernels.forkserver import ForkedProcess, ForkServer, kernel_arguments

linux = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")


def papermill(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_papermill_and_jupyter_find_what_is_registered() -> None:
    engines = {point.name: point.value for point in entry_points(group="papermill.engine")}
    kernels = {point.name: point.value for point in entry_points(group="jupyter_client.kernel_provisioners")}
    assert engines["slakit"] == "slakit.batch.engine:SlakitEngine"
    assert kernels["slakit-forkserver"] == "slakit.kernels.forkserver:ForkedKernel"


@pytest.mark.long
def test_the_engine_can_be_imported_before_papermill() -> None:
    subprocess.run([sys.executable, "-c", "import slakit.batch.engine, papermill"], check=True)


def test_plain_papermill_runs_a_notebook_with_engine_and_kernel(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    notebook = write_notebook("a.ipynb", "name: str = 'x'", "print('hello', name)")
    out = tmp_path / "out.ipynb"
    run = papermill("--engine", "slakit", "-k", "slakit", "-p", "name", "Jo", str(notebook), str(out))
    output, _ = run.communicate(timeout=60)
    assert run.returncode == 0, output
    assert nbformat.read(out, as_version=4).cells[-1].outputs[0].text == "hello Jo\n"


@pytest.mark.long
def test_an_unknown_parameter_is_refused_before_anything_runs(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    notebook = write_notebook("a.ipynb", "name: str = 'x'", f"open({str(tmp_path / 'ran')!r}, 'w')")
    run = papermill("--engine", "slakit", "-k", "slakit", "-p", "nmae", "Jo", str(notebook), str(tmp_path / "o.ipynb"))
    output, _ = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "nmae = Jo: the notebook has no such parameter; did you mean name?" in output
    assert not (tmp_path / "ran").exists()


@pytest.mark.long
def test_a_notebook_that_was_interrupted_does_not_look_completed(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    source = f"import time; open({str(tmp_path / 'ran')!r}, 'w').close(); time.sleep(600)"
    notebook, out = write_notebook("a.ipynb", "n: int = 1", source, "2"), tmp_path / "out.ipynb"
    run = papermill("--engine", "slakit", "-k", "slakit", str(notebook), str(out))
    while not (tmp_path / "ran").exists():
        time.sleep(0.05)
        assert run.poll() is None
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=60)
    assert run.returncode != 0
    written = nbformat.read(out, as_version=4)
    assert written.metadata.papermill.exception is True
    assert [cell.metadata.papermill.status for cell in written.cells] == ["completed", "failed", "pending"]
    assert written.cells[1].outputs[0].evalue == "interrupted by the user"


@pytest.fixture
def server() -> ForkServer:
    return ForkServer(quiet=True)


def start(server: ForkServer, tmp_path: Path) -> ForkedProcess:
    return server.fork(["-f", str(tmp_path / "k.json")], dict(os.environ), str(tmp_path))


@linux
def test_a_forked_kernel_is_a_process_to_be_waited_for_and_signalled(server: ForkServer, tmp_path: Path) -> None:
    kernel = start(server, tmp_path)
    assert kernel.poll() is None
    assert os.getpgid(kernel.pid) == kernel.pid
    kernel.terminate()
    assert kernel.wait(10) == -signal.SIGTERM
    kernel.kill()  # one that is gone already
    assert kernel.poll() == -signal.SIGTERM
    server.close()


@linux
def test_a_server_has_no_worker_threads_of_polars() -> None:
    check = "import sys; from slakit.kernels.preloaded import *; preload(); "
    check += "print(has_workers(), 'polars' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


@linux
def test_worker_threads_of_polars_would_be_noticed() -> None:
    check = "import polars; polars.DataFrame({'a': [1]}).lazy().sort('a').collect()\n"
    check += "from slakit.kernels.preloaded import has_workers; print(has_workers())"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"]


@linux
def test_closing_the_server_ends_its_kernels(server: ForkServer, tmp_path: Path) -> None:
    kernels = [start(server, tmp_path) for _ in range(3)]
    server.close()
    assert [kernel.wait(10) for kernel in kernels] == [-signal.SIGKILL] * 3


def test_only_kernels_of_this_interpreter_are_forked() -> None:
    assert kernel_arguments(["Rscript", "-e", "IRkernel::main()"]) is None
    assert kernel_arguments([sys.executable, "-m", "xeus"]) is None


def test_the_kernel_specification_ships_with_the_package() -> None:
    from slakit.kernels.manager import KERNELS

    manager = KernelSpecManager()
    manager.kernel_dirs = [str(KERNELS)]
    found = manager.get_kernel_spec("slakit")
    assert found.metadata["kernel_provisioner"]["provisioner_name"] == "slakit-forkserver"
