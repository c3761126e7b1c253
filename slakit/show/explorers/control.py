"""A control of an explorer, with its label."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

Parameters = Mapping[str, Any]
"""Parameters of an explorer, by the names that its notebook gives them."""


class Control(NamedTuple):
    """A control of an explorer.

    Attributes
    ----------
    label
        What it is, above it.
    widget
        Of ipywidgets.
    read
        Value of the widget → parameters.
    say
        Value of the widget → words beside the label, where the widget does not say it itself.
    below
        Widgets below it that belong to it.
    heading
        Above the label, where a new part begins.
    only_with
        Widget that must be ticked for this one to be there.
    renews
        Its value decides what the other controls offer: they are made anew.
    """

    label: str
    widget: Any
    read: Callable[[Any], Parameters]
    say: Callable[[Any], str] | None = None
    below: Sequence[Any] = ()
    heading: str = ""
    only_with: Any = None
    renews: bool = False

    def laid_out(self, w: Any) -> Any:
        """Lay out heading, label, widget, and what belongs to it, one below the other."""
        head = f"<b>{html.escape(self.heading)}</b><br>" if self.heading else ""
        label = w.HTML().add_class("slakit-label")

        def tell(value: Any) -> None:
            said = f": {self.say(value)}" if self.say else ""
            label.value = head + html.escape(self.label + said)

        tell(self.widget.value)
        self.widget.observe(lambda change: tell(change["new"]), names="value")
        self.widget.layout.width = "auto"
        box = w.VBox([label, self.widget, *self.below]).add_class("slakit-control")
        if self.only_with is not None:

            def follow(ticked: bool) -> None:
                box.layout.display = "" if ticked else "none"

            follow(self.only_with.value)
            self.only_with.observe(lambda change: follow(change["new"]), names="value")
        return box
