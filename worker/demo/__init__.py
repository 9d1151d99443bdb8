"""The demonstration: a real model, a real workbook, and the command that scores one with the other."""
