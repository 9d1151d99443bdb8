"""A token opens what it was made for, and nothing else."""

from __future__ import annotations

from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from worker.host.links import BOTH, READ, WRITE, Links

PATHS = st.text(st.characters(codec="utf-8"), max_size=40)
RIGHTS = st.sampled_from([READ, WRITE, BOTH])
MOMENTS = st.integers(0, 4_000_000_000)


@given(PATHS, RIGHTS, MOMENTS, MOMENTS, st.sampled_from([READ, WRITE]))
def test_a_token_opens_its_path_for_its_rights_until_its_end(
    path: str, rights: str, end: int, now: int, right: str
) -> None:
    links = Links(b"k" * 32)
    query = dict(parse_qsl(links.token(path, rights, end).removeprefix("?")))
    assert links.opens(path, query, right, now) == (right in rights and now < end)


@given(PATHS, PATHS, RIGHTS, RIGHTS, st.binary(min_size=1, max_size=40))
def test_no_part_of_a_token_can_be_another(path: str, other: str, rights: str, more: str, key: bytes) -> None:
    query = dict(parse_qsl(Links(b"k" * 32).token(path, rights, 100).removeprefix("?")))
    opened = [right for right in (READ, WRITE) if Links(b"k" * 32).opens(other, query | {"sp": more}, right, 0)]
    assert bool(opened) == (path == other and rights == more)
    assert not Links(key).opens(path, query, READ, 0)
    later = query | {"se": "2999-01-01T00:00:00Z"}
    assert not Links(b"k" * 32).opens(path, later, READ, 0)
