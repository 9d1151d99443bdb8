"""The desk that worksheet functions work at: this person's endpoints, settings and scores."""

from __future__ import annotations

from addin.cache import open_cache
from addin.catalogue import Catalogue
from addin.formulas.formulas import Formulas
from addin.keystore import open_keys
from addin.log import attach
from addin.paths import conf_file, user_folder
from addin.proxylogin import ProxyLogins
from addin.scorer import Scorer
from addin.settings import Settings
from worker.scoring import HttpTransport


def open_formulas() -> Formulas:
    """Worksheet functions with what this account has. Raises SettingError."""
    folder = user_folder()
    settings = Settings(folder)
    attach(folder)
    keys = open_keys()
    catalogue = Catalogue(folder, keys, conf=conf_file(), transport=HttpTransport(sign_in=ProxyLogins(keys)))
    cache = open_cache(folder, keys, settings.cache_mb)
    scorer = Scorer(catalogue, cache, version_seconds=settings.version_seconds, stopped=lambda: settings.stopped)
    return Formulas(catalogue, cache, scorer, settings)
