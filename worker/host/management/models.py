"""Model files that management is told of by reference. A large file never passes through JSON."""

from __future__ import annotations

from collections.abc import Mapping

from worker.endpoints import rules
from worker.host.area import OPERATORS, Area
from worker.host.listed import LocationRefused


def model_at(area: Area | None, location: Mapping[str, str]) -> bytes:
    """The model file at a reference; only what lies in a listed location is fetched. Raises Refusal, ModelTooLarge."""
    if area is None:
        raise LocationRefused("BlobNotFound", "This host has no upload area.")
    with area.file(location, OPERATORS) as file:
        size = file.stat().st_size
        if size > rules.MODEL_BYTES:
            raise rules.ModelTooLarge(size, rules.MODEL_BYTES)
        return file.read_bytes()
