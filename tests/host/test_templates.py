"""Templates over HTTP: the endpoint's workbook for its key and its customer's token, the list for an operator."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from tests.endpoints import tiny
from tests.host.conftest import Open
from worker.endpoints import Access
from worker.scoring.binding import Binding

DEFINITION = 'service = "tiny"\ntitle = "Tiny"\nlanguages = ["en", "de"]\n[[columns]]\nname = "Mine"\npasses = true\n'


def test_an_endpoint_hands_out_its_template(open_host: Open, home: Any, store: Any) -> None:
    """With its key, its customer's token or an operator's; in the customer's language; bound to it alone."""
    host = open_host()
    host.registry.add_service("tiny", tiny.contract(), tiny.credit())
    host.registry.add_customer("acme", "de")
    made = host.registry.add_endpoint("tiny", "main", "acme")
    access = Access(store)
    tokens = [made.primary, access.add_token("acmes", "acme"), access.add_token("ann")]
    host.snapshots.refresh()

    def ask(path: str, key: str) -> Any:
        return host.session.get(f"{host.url}{path}", headers={"Authorization": f"Bearer {key}"})

    address = f"/workspaces/default/services/{made.endpoint.id}/template"
    missing = ask(address, made.primary)
    assert (missing.status_code, missing.json()["error"]["details"][0]["code"]) == (404, "TemplateNotFound")

    (home / "templates").mkdir()
    (home / "templates" / "mine.toml").write_text(DEFINITION, "utf-8")
    for token in tokens:
        answer = ask(address, token)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == 'attachment; filename="mine-main.xlsx"'
        book = load_workbook(BytesIO(answer.content))
        assert book.sheetnames[:2] == ["Start", "Eingabe"]
        names = {name: str(defined.attr_text) for name, defined in book.defined_names.items()}
        assert Binding.from_formulas(names) == Binding(made.endpoint.id, "mine", "1", tiny.contract().fingerprint())
        assert not any(secret.encode() in answer.content for secret in tokens)
    assert ask(f"{address}?name=other", made.primary).status_code == 404
    assert ask(f"{address}?name=mine", made.primary).status_code == 200
    assert ask(f"{address}?name=../../secret", made.primary).status_code == 404

    (home / "templates" / "mine.toml").write_text(DEFINITION + '[[outputs]]\nname = "No"\n', "utf-8")
    unfit = ask(address, made.primary)
    assert (unfit.status_code, unfit.json()["error"]["details"][0]["code"]) == (409, "TemplateUnfit")
    assert "No" not in unfit.json()["error"]["details"][0]["message"].split()  # the definition is the operator's

    listed = {each["Name"]: each for each in ask("/workspaces/default/templates", tokens[2]).json()}
    assert listed["mine"]["For"] == "tiny"
    assert "the endpoint does not return it" in listed["mine"]["Faults"][0]
    assert listed["credit"]["Languages"] == ["en", "de"]
