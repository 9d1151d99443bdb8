"""`sheetscore templates`: definitions of templates, and the workbooks built from them."""

from __future__ import annotations

import time
from errno import EEXIST
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from workbook_templates import DefinitionError, Fault, Shelf, check_fit, read_definition
from workbook_templates.draft import draft
from workbook_templates.words import shipped
from worker.batch.templates import Template, Templates
from worker.cli import show
from worker.cli.home import Home, Json, opened
from worker.endpoints import Registry
from worker.files import private_folder, write_whole

templates = typer.Typer(no_args_is_help=True, help="Templates: workbooks made for one customer and one endpoint.")

Name = Annotated[str, typer.Argument(help="The template's name, the file's without .toml.")]


@templates.command("list")
def list_templates(*, home: Home, as_json: Json = False) -> None:
    """List the templates that ship and those in the home's folder templates."""
    shelf, found = Shelf(home), []
    for name in shelf.names():
        facts: dict[str, Any] = {"template": name, "from": "home" if shelf.is_own(name) else "shipped"}
        try:
            read = shelf.read(name)
            facts |= {"for": read.service or read.endpoint, "version": read.version}
            found.append(facts | {"languages": ", ".join(read.languages), "title": read.title})
        except DefinitionError as error:
            wrong = f"{len(error.faults)} faults: see templates check {name}"
            found.append(facts | {"for": "", "version": None, "languages": "", "title": wrong})
    show.rows(found, as_json=as_json, empty="There is no template.")


@templates.command("new")
def new_template(
    name: Name,
    *,
    service: Annotated[str, typer.Option(help="The web service whose endpoints it is for.")],
    language: Annotated[list[str] | None, typer.Option(help="Language of its words: en, de; several times.")] = None,
    home: Home,
    as_json: Json = False,
) -> None:
    """Write a first definition, with the contract's own words, to the home's folder templates."""
    languages = tuple(language or ["en"])
    if unknown := [code for code in languages if not shipped(code)]:
        raise typer.BadParameter(f"there are no words in {', '.join(unknown)} yet", param_hint="--language")
    with opened(home) as engine:
        registry = Registry(engine, home)
        newest = registry.service(service).newest
        contract = next(row.contract for row in registry.versions(service) if row.number == newest)
    text = draft(service, contract, languages)
    check_fit(read_definition(text, name), contract)
    file = private_folder(Shelf(home).own) / f"{name}.toml"
    if not write_whole(file, text.encode(), replace=False):
        raise FileExistsError(EEXIST, "There is such a template already", str(file))
    show.one({"template": name, "file": str(file)}, as_json=as_json)


@templates.command("check")
def check_templates(
    names: Annotated[list[str] | None, typer.Argument(help="Templates; all if none is given.")] = None,
    *,
    home: Home,
    as_json: Json = False,
) -> None:
    """Check definitions in every language and against the contracts of their endpoints; name every fault."""
    with opened(home) as engine:
        made = _templates(engine, home)
        found = [
            {"template": name, "line": fault.line or None, "place": fault.place, "fault": fault.what}
            for name in names or made.shelf.names()
            for fault in made.check(name)
        ]
    show.rows(found, as_json=as_json, empty="Nothing is wrong.")
    if found:
        raise typer.Exit(1)


@templates.command("build")
def build_templates(
    name: Name,
    *,
    endpoint: Annotated[str | None, typer.Option(help="For this endpoint: service/endpoint.")] = None,
    every: Annotated[bool, typer.Option("--all", help="For each customer's endpoint that it is for.")] = False,
    table: Annotated[
        Path | None,
        typer.Option(
            help="CSV of what differs: customer, name, title, language, accent, contact. "
            "[default: templates/NAME.csv in the home]",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the workbooks.", file_okay=False)] = Path(),
    home: Home,
    as_json: Json = False,
) -> None:
    """Build the workbook of one endpoint, or with --all of every customer's."""
    if (endpoint is None) is not every:
        raise typer.BadParameter("give either --endpoint or --all")
    out.mkdir(parents=True, exist_ok=True)
    with opened(home) as engine:
        made = _templates(engine, home)
        if table is not None:
            with table.open(encoding="utf-8-sig", newline="") as lines:
                made.differing(name, lines)
        if endpoint is not None:
            written = _written(made.build(Registry(engine, home).endpoint(endpoint), name), out)
            show.one({"template": name, "endpoint": endpoint, "file": str(written)}, as_json=as_json)
            return
        _build_all(made, name, out, as_json=as_json)


def _build_all(made: Templates, name: str, out: Path, *, as_json: bool) -> None:
    began, count, failed = time.monotonic(), 0, []
    for row, built in made.build_all(name):
        if isinstance(built, Template):
            _written(built, out)
            count += 1
        else:
            failed.append({"endpoint": f"{row.service}/{row.name}", "why": _told(built.faults)})
    if failed:
        show.rows(failed, as_json=as_json, empty="")
        show.complain(f"{len(failed):,} of {count + len(failed):,} templates could not be built; see above.")
        raise typer.Exit(1)
    seconds = round(time.monotonic() - began, 1)
    show.one({"template": name, "built": count, "seconds": seconds, "folder": str(out)}, as_json=as_json)


def _told(faults: tuple[Fault, ...]) -> str:
    return "; ".join(map(str, faults))


def _written(template: Template, out: Path) -> Path:
    file = out / template.file_name
    write_whole(file, template.data)
    return file


def _templates(engine: Engine, home: Path) -> Templates:
    return Templates(Registry(engine, home), home, time.time)
