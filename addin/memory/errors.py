"""The memory engine's word for what COM refuses."""

from __future__ import annotations


class ComError(Exception):
    """A call was refused, as pywintypes.com_error says it for Excel."""
