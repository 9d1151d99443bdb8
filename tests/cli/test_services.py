"""Web services and models on the command line: what is listed, changed and removed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_manage import Shell
from worker.demo import material


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A home with `credit` in one version, pinned by acme."""
    shell, contract = Shell(tmp_path / "home"), tmp_path / "contract.json"
    for number in (1, 2):
        (tmp_path / f"{number}.onnx").write_bytes(material.model(number))
    contract.write_text(json.dumps(material.contract().to_dict()), "utf-8")
    shell("services", "add", "credit", str(tmp_path / "1.onnx"), "--contract", str(contract))
    shell("customers", "add", "acme")
    shell("endpoints", "add", "credit", "acme", "--customer", "acme")
    return shell


def test_an_endpoint_takes_a_model_file_of_its_own(shell: Shell, tmp_path: Path) -> None:
    """Listed with whom it is for; going back needs no file."""
    model = str(tmp_path / "2.onnx")
    assert shell("endpoints", "update", "credit/acme", "--model", model)["model"] == 2
    versions = shell("services", "versions", "credit")
    assert [(v["version"], v["only for"]) for v in versions] == [(1, None), (2, "acme")]
    assert shell("services", "show", "credit")["newest"] == 1
    models = shell("models", "list")
    assert [m["versions"] for m in models] == ["credit 1", "credit 2 for acme"]
    shown = shell("models", "show", models[1]["id"][:8])
    assert (shown["bytes"], shown["kind"]) == (Path(model).stat().st_size, "onnx")
    assert shell("endpoints", "update", "credit/acme", "--model", "1")["model"] == 1
    (first, *_) = shell("endpoints", "history", "credit/acme")
    assert first["who"].startswith("command line (")


def test_a_service_is_described_and_removed(shell: Shell) -> None:
    """Not while a customer has an endpoint of it."""
    assert shell("services", "update", "credit", "--description", "Risk.")["description"] == "Risk."
    refused = shell.process("services", "remove", "credit")
    assert refused.returncode == 1
    assert "customers have endpoints of it (1)" in refused.stderr
    shell("endpoints", "remove", "credit/acme")
    assert shell("services", "remove", "credit") == {"removed": "credit"}
    assert shell("services", "list") == shell("models", "list") == []
