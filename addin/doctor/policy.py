"""What the company's policies and Excel itself say about macros and add-ins.

Names of values are Microsoft's (administrative templates for Office 2016 and later; preferences of Office for Mac).
Excel's own start-up folder is a trusted location: macros there run whatever VBAWarnings says, unless such are off.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from addin.doctor.findings import Finding, ok, warning, wrong
from addin.install.system import System

CHECK = "macro policy"
_POLICY = r"Software\Policies\Microsoft\Office\16.0"
_OWN = r"Software\Microsoft\Office\16.0"
_ASK_IT = "Send your IT department the report (sheetscore addin doctor --report FILE)."
_SIGN = "Ask your IT department to sign sheetscore.xlam (README says how) and install their copy with --file."
_NO_MACROS_AT_ALL, _SIGNED_ONLY = 4, 3


def policies(system: System, xlam: Path, *, signed: bool) -> list[Finding]:
    """All that stands in the way of an add-in at this place; one finding that is ok if nothing does."""
    if system.mac:
        found = list(_mac(system))
    else:
        found = [*_switched_off(system), *_unsigned(system, signed=signed), *_managed(system, xlam.name)]
        found += [*_blocked(xlam), *_disabled(system, xlam.name)]
    return found or [ok(CHECK, "Macros and add-ins may run.")]


def _policy(system: System, key: str, name: str, *, own: bool = False) -> object:
    """A value of the company's policy, for this person or the whole computer; with `own` also the person's choice."""
    places = [f"HKCU\\{_POLICY}\\{key}", f"HKLM\\{_POLICY}\\{key}", *([f"HKCU\\{_OWN}\\{key}"] if own else [])]
    return next((values[name] for values in map(system.registry, places) if name in values), None)


def _switched_off(system: System) -> Iterator[Finding]:
    if _policy(system, "Common", "vbaoff") == 1:
        yield wrong(CHECK, "Your company switched VBA off in all of Office.", _ASK_IT)
    if _policy(system, r"Excel\Security", "disablealladdins", own=True) == 1:
        yield wrong(CHECK, "Excel is set to load no add-in at all.", f"File, Options, Trust Center, Add-ins. {_ASK_IT}")


def _unsigned(system: System, *, signed: bool) -> Iterator[Finding]:
    always_on = _policy(system, r"Common\Security", "requirealwaysonmacrosig") == 1
    addins = _policy(system, r"Excel\Security", "requireaddinsig", own=True) == 1
    if (always_on or addins) and not signed:
        yield wrong(CHECK, "Only add-ins signed by a trusted publisher may load.", _SIGN)
    if _policy(system, r"Excel\Security\Trusted Locations", "alllocationsdisabled", own=True) != 1:
        return
    level = _policy(system, r"Excel\Security", "vbawarnings", own=True)
    what = "Trusted locations are switched off"
    if level == _NO_MACROS_AT_ALL:
        yield wrong(CHECK, f"{what}, and all macros with them (VBAWarnings 4).", _ASK_IT)
    elif level == _SIGNED_ONLY and not signed:
        yield wrong(CHECK, f"{what}, and only signed macros may run (VBAWarnings 3).", _SIGN)
    elif level != 1:
        yield warning(CHECK, f"{what}: Excel asks at each start.", "Click Enable Macros when Excel asks.")


def _managed(system: System, name: str) -> Iterator[Finding]:
    listed = _policy(system, r"Excel\Resiliency\AddinList", name.lower())
    if listed is not None and str(listed) == "0":
        yield wrong(CHECK, f"Your company's list of add-ins forbids {name}.", _ASK_IT)
    if listed is None and _policy(system, r"Excel\Resiliency", "restricttolist") == 1:
        yield wrong(CHECK, f"Only add-ins on your company's list may load; {name} is not on it.", _ASK_IT)


def _blocked(xlam: Path) -> Iterator[Finding]:
    """Windows marks files from the internet in a second stream; Excel then blocks their macros."""
    if xlam.with_name(f"{xlam.name}:Zone.Identifier").exists():
        yield wrong(CHECK, f"Windows marks {xlam} as coming from the internet.", "Run: sheetscore addin install")


def _disabled(system: System, name: str) -> Iterator[Finding]:
    """Excel's list of what made it crash: binary values that hold the file's path in UTF-16."""
    wanted = name.lower().encode("utf-16-le")
    for value in system.registry(f"HKCU\\{_OWN}\\Excel\\Resiliency\\DisabledItems").values():
        if isinstance(value, bytes) and wanted in value.lower():
            mend = (
                f"In Excel: File, Options, Add-ins, Manage: Disabled Items, Go; choose {name}, Enable; restart Excel."
            )
            yield wrong(CHECK, f"Excel disabled {name} after a crash.", mend)
            return


def _mac(system: System) -> Iterator[Finding]:
    state = system.run(["defaults", "read", "com.microsoft.office", "VisualBasicMacroExecutionState"]).strip()
    if state == "DisabledWithoutWarnings":
        yield wrong(CHECK, "Macros are switched off in Office.", f"Excel, Preferences, Security. {_ASK_IT}")
    elif state == "DisabledWithWarnings":
        yield warning(CHECK, "Excel asks before it runs macros.", "Click Enable Macros when Excel asks.")
