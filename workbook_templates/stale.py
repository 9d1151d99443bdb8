"""What has changed since a template was made, column by column, in a definition's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from workbook_templates.phrases import Phrases
from worker.scoring.schema import Column, ColumnType, Schema

MOST_NAMED = 12
_NUMBERS = (ColumnType.NUMBER, ColumnType.INTEGER)


def changes(old: Schema, new: Schema, phrases: Phrases, label: Callable[[str], str]) -> list[str]:
    """Sentences: which inputs are new, gone and changed, and how (type, values, range, whether they may be blank)."""
    before, after = ({column.name: column for column in schema.inputs} for schema in (old, new))
    told = {
        "stale_new": [label(name) for name in after if name not in before],
        "stale_gone": [label(name) for name in before if name not in after],
        "stale_changed": [
            f"{label(name)} ({', '.join(how)})"
            for name, column in after.items()
            if name in before and (how := list(_changed(before[name], column, phrases)))
        ],
    }
    return [phrases(key, columns=_listed(named, phrases, "; ")) for key, named in told.items() if named]


def _changed(old: Column, new: Column, phrases: Phrases) -> Iterator[str]:
    if old.type is not new.type:
        yield phrases("change_type", type=phrases(f"type_{new.type}"))
    if old.categories and not new.categories:
        yield phrases("change_values_any")
    if added := [value for value in new.categories if value not in old.categories]:
        yield phrases("change_values_new", values=_listed(added, phrases))
    if gone := [value for value in old.categories if new.categories and value not in new.categories]:
        yield phrases("change_values_gone", values=_listed(gone, phrases))
    if (old.minimum, old.maximum) != (new.minimum, new.maximum) and new.type in _NUMBERS:
        reach = phrases.between("range", new.minimum, new.maximum)
        yield phrases("change_range", range=reach) if reach else phrases("change_range_any")
    if old.nullable is not new.nullable:
        yield phrases("change_optional" if new.nullable else "change_needed")


def _listed(names: Sequence[str], phrases: Phrases, between: str = ", ") -> str:
    more = len(names) - MOST_NAMED
    listed = [*names[:MOST_NAMED], *([phrases("and_more", count=more)] if more > 0 else [])]
    return between.join(listed)
