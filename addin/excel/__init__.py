"""The Excel add-in file, sheetscore.xlam: its VBA and ribbon as text, and the build that puts them into xlwings'
template. It needs no Excel and gives the same bytes on every system.
"""

from addin.excel.build import XLAM, build, packaged
from addin.excel.errors import BuildError

__all__ = ["XLAM", "BuildError", "build", "packaged"]
