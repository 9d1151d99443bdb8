"""The window in which a person signs in at a host and chooses from the endpoints there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from addin.dialogs.screen import HERE, Child, Screen


@dataclass(frozen=True, slots=True)
class Offered:
    """One endpoint to be chosen: `id` tells it from the others, `known` says that it is on the person's list."""

    id: str
    name: str
    about: str = ""
    known: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was entered, and the ids of the endpoints that were chosen. The token is for those alone, and for now."""

    url: str
    token: str = field(repr=False)
    ids: tuple[str, ...]


def sign_in(
    offer: Callable[[str, str], Sequence[Offered]],
    explain: Callable[[Exception], str],
    *,
    url: str = "",
    title: str = "Sign in",
    screen: Screen = HERE,
) -> Chosen | None:
    """What the person chose, from what `offer(url, token)` returned. It runs in a thread of its own; what it raises is
    put into words by `explain`.
    """
    with screen.open("signin", title=title, url=url) as child:
        while "answer" not in (message := child.receive()):
            threading.Thread(target=_offer, args=(child, offer, explain, message), daemon=True).start()
    answer = message["answer"]
    return None if answer is None else Chosen(answer["url"], answer["token"], tuple(answer["ids"]))


def _offer(
    child: Child,
    offer: Callable[[str, str], Sequence[Offered]],
    explain: Callable[[Exception], str],
    message: Mapping[str, Any],
) -> None:
    try:
        offered = offer(message["url"], message["token"])
    except Exception as error:  # noqa: BLE001 - whatever it is, the person who waits is told
        child.send(turn=message["turn"], fault=explain(error))
    else:
        child.send(turn=message["turn"], offered=[asdict(one) for one in offered])
