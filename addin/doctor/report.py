"""What the doctor found, for a person, for a program, and as a copy for IT. No keys are in any of it."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from addin.doctor.findings import Finding, Verdict


def healthy(findings: Sequence[Finding]) -> bool:
    """Whether nothing keeps the add-in from working."""
    return all(finding.verdict is not Verdict.WRONG for finding in findings)


def line(finding: Finding) -> str:
    """One finding for a person, with how to mend it below it."""
    mend = f"\n{'':10}{finding.mend}" if finding.mend else ""
    return f"{finding.verdict:<10}{finding.check}: {finding.what}{mend}"


def as_json(findings: Sequence[Finding]) -> str:
    """All findings as JSON."""
    return json.dumps({"ok": healthy(findings), "checks": [asdict(finding) for finding in findings]}, indent=2)


def as_report(findings: Sequence[Finding], now: datetime) -> str:
    """All findings with what else IT will ask for: when, which system, which Python."""
    bits = 64 if sys.maxsize > 2**32 else 32
    head = [
        f"Sheetscore add-in: report of {now:%Y-%m-%d %H:%M} UTC",
        f"{platform.platform()}, Python {platform.python_version()} ({bits} bit), {sys.executable}",
    ]
    return "\n".join([*head, "", *map(line, findings), ""])
