"""What a model must stand before it is published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from worker.endpoints.models import Model, OnnxModel, Remote, RemoteModel, load
from worker.endpoints.rules import SampleNotScored, check_choice
from worker.endpoints.values import read_columns
from worker.scoring import Endpoint, Limits, Transport
from worker.scoring.codecs import CODECS
from worker.scoring.errors import EndpointError, Rejected
from worker.scoring.schema import Columns, Schema

TRY_SECONDS = 30.0
"""A remote server gets no longer than this for the sample rows: somebody waits for the answer."""


def try_model(
    contract: Schema, model: bytes | Remote, limits: Limits, transport_for: Callable[[Remote, Limits], Transport]
) -> None:
    """Check that a model fits a contract and scores its sample rows; nothing is stored.

    Raises RuleError; AddressError for a remote server's address.
    """
    if isinstance(model, Remote):
        check_choice("codec", model.codec, tuple(CODECS))
        Endpoint(model.url, model.token, contract)
        brief = replace(limits, call_seconds=min(limits.call_seconds, TRY_SECONDS))
        _score_sample(contract, RemoteModel(model, "", transport_for(model, brief)))
        return
    check_fit(contract, OnnxModel(load(model), ""))


def check_fit(contract: Schema, model: Model) -> Columns:
    """Scores of the contract's sample rows, from a model that takes and gives what the contract says.

    Raises ModelMisfit with each difference, SampleNotScored.
    """
    if isinstance(model, OnnxModel):
        model.session.check_fit(contract)
    return _score_sample(contract, model)


def _score_sample(contract: Schema, model: Model) -> Columns:
    names = set(contract.input_names)
    for number, row in enumerate(contract.sample, 1):
        if set(row) != names:
            differ = ", ".join(sorted(set(row) ^ names))
            raise SampleNotScored(f"row {number} must have every input and nothing else; look at {differ}")
    if not contract.sample:
        return {}
    columns, problems = read_columns({n: [row[n] for row in contract.sample] for n in contract.input_names}, contract)
    if problems:
        first = problems[0]
        raise SampleNotScored(f"row {first.row + 1}, {first.column}: {first.value!r} ({first.kind})")
    try:
        return model.score(columns, contract)
    except Rejected as error:
        raise SampleNotScored(error.message) from None
    except EndpointError as error:
        raise SampleNotScored(str(error)) from None
