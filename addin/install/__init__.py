"""Puts the add-in where Excel loads it, takes it out, and knows where everything is."""

from addin.install.errors import InstallError, InstallFault
from addin.install.put import Installed, install
from addin.install.system import System, this_system
from addin.install.take import Removed, remove

__all__ = ["InstallError", "InstallFault", "Installed", "Removed", "System", "install", "remove", "this_system"]
