"""What a template says of the moment it was made: handed in, so that two builds of the same are the same bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
"""A row to fill in: values by column name."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The version of the model behind the endpoint, the day it was published, and the moment of the build (UTC)."""

    model_version: str
    model_date: dt.date
    built: dt.datetime
