"""The server: Voila, kept to this machine, with a token, our own look and kernels that are forked."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from markupsafe import Markup
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.web import HTTPError, authenticated
from traitlets.config import Config
from voila.app import Voila  # type: ignore[import-untyped]
from voila.handler import BaseVoilaHandler  # type: ignore[import-untyped]
from voila.tornado.handler import TornadoVoilaHandler  # type: ignore[import-untyped]

from slakit.batch.page import style
from slakit.explore.copies import ServedPage
from slakit.kernels.manager import KERNELS

SERVED_TEMPLATES = Path(__file__).parent / "templates"
WIDGETS = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget"]
"""What the browser loads beside Voila: whatever else is installed for JupyterLab might ask the network."""
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",  # Voila starts by inline scripts; Vega compiles
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
"""Content-Security-Policy: a page loads nothing from, and sends nothing to, anywhere but this server."""
IDLE = 3600  # [s] after which a kernel ends that no page is connected to
MOST_UPLOADED = 64 * 2**20  # [bytes] of one message


class KnownKernels(KernelSpecManager):
    """Knows the kernel `slakit` wherever the package is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernel_dirs = [*self.kernel_dirs, str(KERNELS)]


class HomeKernels(AsyncMappingKernelManager):
    """Starts the kernel of a copy in the folder of the notebook, so that relative paths hold."""

    def cwd_for_path(self, path: str, **_: Any) -> str:
        """Give the folder of a notebook, by the folder of its copy."""
        server: Any = self.parent
        return str(server.homes[path])

    async def start_kernel(self, **kwargs: Any) -> str:  # type: ignore[override]  # so it is in the parent
        """Start a kernel that keeps away from the user's profile and history."""
        server: Any = self.parent
        environment = {**kwargs.pop("env", os.environ), "IPYTHONDIR": server.connection_dir}
        return str(await super().start_kernel(env=environment, **kwargs))


class ListPage(BaseVoilaHandler):  # type: ignore[misc]
    """The list of pages; where there is one page only, the way to it."""

    @authenticated
    def get(self) -> None:
        """Answer."""
        pages = self.settings["slakit_pages"]
        if len(pages) == 1:
            self.redirect(f"explore/{pages[0].address}")
        else:
            self.finish(self.render_template("pages.html", pages=pages))


class Alive(JupyterHandler):
    """Tells a page that its server still runs."""

    @authenticated
    def get(self) -> None:
        """Answer."""
        self.set_status(204)


class Leave(JupyterHandler):
    """Ends the kernel of a page that is being left."""

    def check_xsrf_cookie(self) -> None:
        """Let it pass: a page that is being left can say no more than which kernel was its own."""

    @authenticated
    async def post(self, kernel: str) -> None:
        """End the kernel, unless the page has said so before. Pages of other origins may not ask for it."""
        origin = self.request.headers.get("Origin")
        if origin is not None and origin.partition("//")[2] != self.request.host:
            raise HTTPError(403)
        kernels: Any = self.kernel_manager
        if kernel in kernels:
            await kernels.shutdown_kernel(kernel)
        self.set_status(204)


class NoEntry(BaseVoilaHandler):  # type: ignore[misc]
    """Whoever comes without the token."""

    @allow_unauthenticated
    def get(self) -> None:
        """Refuse."""
        raise HTTPError(403)


class PageServer(Voila):  # type: ignore[misc]
    """Voila, without the user's settings for it: the pages are the same everywhere.

    Parameters
    ----------
    door
        The open port.
    pages
        What to serve, below `root_dir`.
    ready
        Is called when pages can be opened.
    """

    def __init__(
        self, door: socket.socket, pages: Sequence[ServedPage], ready: Callable[[], None], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.door, self.pages, self.ready = door, pages, ready
        self.homes = {str(Path(page.copy).parent): page.home for page in pages}

    def initialize(self, argv: Any = ()) -> None:
        """Prepare; signals stay with whoever runs this."""
        before = signal.getsignal(signal.SIGTERM)
        super().initialize(list(argv))
        signal.signal(signal.SIGTERM, before)

    def load_config_file(self, *_: Any, **__: Any) -> None:
        """Load none."""

    def setup_template_dirs(self) -> None:
        """Put our templates in front of those that they extend."""
        super().setup_template_dirs()
        self.template_paths.insert(0, str(SERVED_TEMPLATES))

    def init_settings(self) -> Any:
        """Give the templates what they all need."""
        settings = super().init_settings()
        settings["allow_remote_access"] = False
        settings["headers"] = {**settings.get("headers", {}), "Content-Security-Policy": POLICY}
        settings["slakit_pages"] = self.pages
        settings["voila_jinja2_env"].globals["css"] = page_css()
        return settings

    def init_handlers(self) -> Any:
        """Put our addresses in front of Voila's."""
        about: dict[str, Any] = {"voila_configuration": self.voila_configuration}
        notebook = about | {"template_paths": self.template_paths, "config": self.config}
        ours: list[Any] = [
            ("/", ListPage, about),
            ("/login", NoEntry, about),
            ("/explore/-/alive", Alive),
            (r"/voila/api/shutdown/(.*)", Leave),
        ]
        for page in self.pages:
            address = f"/explore/{re.escape(page.address)}"
            ours.append((address, TornadoVoilaHandler, notebook | {"notebook_path": page.copy}))
        return [*ours, *super().init_handlers()]

    def listen(self) -> None:
        """Serve until the loop is stopped."""
        HTTPServer(self.app).add_socket(self.door)
        self.ioloop = IOLoop.current()
        self.ioloop.add_callback(self.ready)
        try:
            self.ioloop.start()
        finally:
            self.stop()

    def end(self) -> None:
        """Stop serving; can be called from a signal."""
        self.ioloop.add_callback_from_signal(self.ioloop.stop)


def page_css() -> Markup:
    """Give the style of our pages: that of the reports, and what Voila adds."""
    return style("page.css", "report.css") + Markup((SERVED_TEMPLATES / "explore.css").read_text(encoding="utf-8"))


def configuration(folder: Path) -> Config:
    """Give Voila's settings."""
    kernels = {"cull_idle_timeout": IDLE, "cull_interval": 60, "cull_connected": False}
    voila = {
        "template": "lab",
        "theme": "light",
        "allow_template_override": "NO",
        "allow_theme_override": "NO",
        "extension_allowlist": WIDGETS,
        "show_tracebacks": True,  # the template prints them as the reports do
        "multi_kernel_manager_class": HomeKernels,
        "kernel_spec_manager_class": KnownKernels,
        "file_allowlist": [],
        "resources": {"slakit_css": page_css()},
    }
    # files that are chosen on a page come as one message; a larger one would be dropped without a word
    app = {
        "connection_dir_root": str(folder),
        "tornado_settings": {"websocket_max_message_size": MOST_UPLOADED},
    }
    return Config(Voila=app, VoilaConfiguration=voila, HomeKernels=kernels, MappingKernelManager=kernels)
