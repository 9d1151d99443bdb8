"""The host: scores over HTTP in the classic format, takes workbooks, listens on this machine only."""

from worker.host.accounts import Accounts
from worker.host.app import create_app
from worker.host.limits import HostLimits
from worker.host.management import Management
from worker.host.serve import HostServer, NotLoopback, PortTaken
from worker.host.workbooks import Uploads

__all__ = ["Accounts", "HostLimits", "HostServer", "Management", "NotLoopback", "PortTaken", "Uploads", "create_app"]
