"""What holds for every test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# How fast an example runs is the machine's business: pytest's own timeout ends what hangs.
settings.register_profile("sheetscore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sheetscore")
