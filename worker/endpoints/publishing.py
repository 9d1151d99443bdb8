"""What a model must stand before it is published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from worker.endpoints.models import Model, OnnxModel, Remote, RemoteModel
from worker.endpoints.rules import SampleNotScored, check_choice
from worker.endpoints.sample import plain, score_sample
from worker.endpoints.trial import Trial
from worker.scoring import Endpoint, Limits, Transport
from worker.scoring.codecs import CODECS
from worker.scoring.errors import TimedOut, TooLarge
from worker.scoring.schema import Columns, Schema

TRY_SECONDS = 30.0
"""A remote server gets no longer than this for the sample rows: somebody waits for the answer."""


def try_model(
    contract: Schema,
    model: bytes | Remote,
    limits: Limits,
    transport_for: Callable[[Remote, Limits], Transport],
    trial: Trial,
) -> dict[str, list[Any]]:
    """What a model that fits the contract scores for its sample rows, as JSON values; nothing is stored.

    A model file is left to `trial`: it is never loaded in this process. Raises RuleError; AddressError for a remote
    server's address.
    """
    if isinstance(model, Remote):
        check_choice("codec", model.codec, tuple(CODECS))
        Endpoint(model.url, model.token, contract)
        brief = replace(limits, call_seconds=min(limits.call_seconds, TRY_SECONDS))
        return plain(check_fit(contract, RemoteModel(model, "", transport_for(model, brief))))
    return trial(contract, model)


def check_fit(contract: Schema, model: Model) -> Columns:
    """Scores of the contract's sample rows, from a published model that takes and gives what the contract says.

    Raises ModelMisfit with each difference, SampleNotScored.
    """
    if isinstance(model, OnnxModel):
        model.session.check_fit(contract)
    try:
        return score_sample(contract, model.score)
    except (TimedOut, TooLarge) as error:
        raise SampleNotScored(str(error)) from None
