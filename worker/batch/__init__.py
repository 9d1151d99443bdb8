"""Whole workbooks: three ways in (folder, upload, command), one runner, one ledger."""
