"""The command line, `sheetscore`.

Exit codes: 0 done, 1 failed with a reason, 2 wrong usage, 3 done but some rows have problems.
"""

from __future__ import annotations

import sys

import typer
from sqlalchemy.exc import OperationalError

from workbook_templates import DefinitionError
from worker.batch.explain import explain
from worker.cli import access, conventions, convert, desk, handover, infer, manage, run, services, templates, usage
from worker.cli.show import complain
from worker.scoring import ContractError, SheetscoreError
from worker.settings import TABLE, SettingError

app = typer.Typer(
    name="sheetscore",
    help="Score Excel workbooks against model endpoints, one endpoint for each customer.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Settings: " + ", ".join(setting.name for setting in TABLE) + " (see `sheetscore settings`).",
)
app.command()(run.demo)
app.command()(run.serve)
app.command()(run.score)
app.command()(handover.handover)
app.command()(usage.usage)
app.command()(manage.settings)
services.services.command("infer")(infer.infer_contract)
services.models.command("convert")(convert.convert_model)
app.add_typer(services.services, name="services")
app.add_typer(services.models, name="models")
app.add_typer(access.endpoints, name="endpoints")
app.add_typer(access.tokens, name="tokens")
app.add_typer(conventions.customers, name="customers")
app.add_typer(manage.jobs, name="jobs")
app.add_typer(templates.templates, name="templates")
app.add_typer(desk.addin, name="addin")


def main() -> None:
    """Run the command line; every error that we foresee becomes one sentence and exit code 1."""
    try:
        app()
    except (SheetscoreError, ContractError, DefinitionError, SettingError, OSError, OperationalError) as error:
        complain(_words(error))
        sys.exit(1)


def _words(error: Exception) -> str:
    if isinstance(error, OperationalError):
        return f"The store cannot be used: {str(error.orig).splitlines()[0]}"
    if isinstance(error, DefinitionError):
        return "\n".join([f"Template {error.name!r} cannot be used:", *(f"  {fault}" for fault in error.faults)])
    if isinstance(error, OSError):
        return f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
    try:
        return explain(error)
    except type(error):  # an operator's errors say it themselves
        return str(error)
