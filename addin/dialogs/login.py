"""The window in which a person signs in at their company's proxy."""

from __future__ import annotations

from addin.dialogs.screen import HERE, Screen

TITLE = "Proxy sign-in"


def sign_in_at_proxy(
    proxy: str, *, refused: bool, report: str, title: str = TITLE, screen: Screen = HERE
) -> tuple[str, str] | None:
    """Name and password for a proxy. `refused`: those before were wrong. A button copies the report."""
    answer = screen.answer("login", title=title, proxy=proxy, refused=refused, report=report)
    return None if answer is None else (str(answer["name"]), str(answer["password"]))
