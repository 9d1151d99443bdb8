"""The host: scores over HTTP in the classic format, takes workbooks, listens on this machine unless told otherwise."""

from worker.host.accounts import Accounts
from worker.host.app import create_app
from worker.host.area import Area
from worker.host.exposure import Exposure, NotSafe, exposure
from worker.host.jobs import Tables
from worker.host.limits import HostLimits
from worker.host.management import Management
from worker.host.serve import HostServer, PortTaken
from worker.host.workbooks import Uploads

__all__ = [
    "Accounts",
    "Area",
    "Exposure",
    "HostLimits",
    "HostServer",
    "Management",
    "NotSafe",
    "PortTaken",
    "Tables",
    "Uploads",
    "create_app",
    "exposure",
]
