"""What a person should know who gets a workbook of this kind back with sheets added."""

from __future__ import annotations

from worker.workbooks.package import Package


def notices(package: Package) -> list[str]:
    """Stable codes: the signature no longer holds, the workbook is a shared one, its structure is protected."""
    found = []
    if any(part.startswith("/_xmlsignatures/") for part in package.part_names):
        found.append("signature-invalidated")
    if any("/revisions/" in part for part in package.part_names):
        found.append("shared-workbook")
    protection = package.workbook.root.child("workbookProtection")
    if protection is not None and protection.attributes.get("lockStructure", "") in ("1", "true", "on"):
        found.append("structure-protected")
    return found
