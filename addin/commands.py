"""`sheetscore addin build|install|remove|doctor`: the add-in on this desk. Loads no server library.

Exit codes: 0 done, 1 failed with a reason, or something is wrong, 2 wrong usage.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from addin import excel, paths
from addin import install as installing
from addin.catalogue import Catalogue
from addin.doctor import Finding, Patient, diagnose
from addin.doctor.report import as_json, as_report, healthy, line
from addin.install.forget import forget
from addin.install.system import System, this_system
from addin.keystore import EnvironmentKeys, FirstOf, KeyStore, SystemKeys
from addin.messages import explain
from addin.proxylogin import ProxyLogins
from addin.signin import connected, this_device
from worker.scoring import HttpTransport, Limits, SheetscoreError

ANSWER_SECONDS = 30.0

app = typer.Typer(
    name="sheetscore addin",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="The Excel add-in on this computer.",
)


@app.command()
def build(
    out: Annotated[Path, typer.Option(help="Where to write it.", dir_okay=False)] = Path("sheetscore.xlam"),
) -> None:
    """Make the add-in file, the same bytes on every system, and print its SHA-256."""
    sys.stdout.write(f"{excel.build(out)}  {out}\n")


@app.command()
def install(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Option(help="Your company's signed copy of sheetscore.xlam.", exists=True, dir_okay=False)
    ] = None,
    sha256: Annotated[str, typer.Option(help="The SHA-256 that the file must have.")] = "",
) -> None:
    """Put the add-in where Excel loads it, for this person and this Python; again after an update."""
    seat = context.ensure_object(Seat)
    done = installing.install(seat.system, file or excel.packaged(), wanted=sha256, signed=file is not None)
    was = f", in place of {done.before}" if done.before else ""
    start = "Quit Excel and start it again" if done.excel_runs else "Start Excel"
    sys.stdout.write(f"Installed{was}: {done.xlam}\nSHA-256 {done.sha256}\n{start}: the tab Sheetscore is there.\n")


@app.command()
def remove(
    context: typer.Context,
    *,
    everything: Annotated[
        bool, typer.Option("--everything", help="Delete endpoints with their keys, kept scores, settings and log too.")
    ] = False,
) -> None:
    """Take the add-in out of Excel; endpoints, keys, kept scores and changed settings stay."""
    seat = context.ensure_object(Seat)
    kept = _forget_all(seat) if everything else ()
    done = installing.remove(seat.system)
    sys.stdout.write("".join(f"Removed {path}\n" for path in done.files) or "There was nothing to remove.\n")
    if done.excel_runs:
        sys.stdout.write("Excel shows the tab Sheetscore until you quit it.\n")
    if kept:
        raise typer.Exit(1)


def _forget_all(seat: Seat) -> tuple[str, ...]:
    """Delete the person's files and keys, and say what became of them; the entries that the key store still has."""
    gone = forget(seat.folder, seat.catalogue(), seat.store())
    sys.stdout.write(f"Deleted {gone.endpoints} endpoints with their keys, kept scores, settings and log.\n")
    sys.stdout.writelines(f"{name} stays: it is set in your environment, not by us.\n" for name in gone.left)
    sys.stderr.writelines(f"'{name}' is still in the key store, which did not delete it.\n" for name in gone.kept)
    if gone.kept:
        sys.stderr.write("Unlock the key store and run this again, or delete these entries there by hand.\n")
    return gone.kept


@app.command()
def connect(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The connection file from your provider.", exists=True, dir_okay=False)],
) -> None:
    """Put the endpoint of a connection file on your list, with a key for this computer; its code works once."""
    seat = context.ensure_object(Seat)
    entry = connected(seat.catalogue(), file, this_device())
    sys.stdout.write(f"Added: {entry.name}. The code in {file.name} is used up; delete the file.\n")


@app.command()
def doctor(
    context: typer.Context,
    *,
    in_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write a copy for your IT department; no keys are in it.", dir_okay=False)
    ] = None,
) -> None:
    """Say what keeps the add-in from working on this computer, and how to mend it."""
    seat = context.ensure_object(Seat)
    findings: list[Finding] = []
    for finding in diagnose(Patient(seat.system, seat.catalogue(), seat.keys, excel.packaged)):
        findings.append(finding)
        if not in_json:
            sys.stdout.write(f"{line(finding)}\n")
            sys.stdout.flush()
    if in_json:
        sys.stdout.write(f"{as_json(findings)}\n")
    if report is not None:
        report.write_text(as_report(findings, datetime.now(UTC)), "utf-8")
        sys.stderr.write(f"The report is in {report}\n")
    raise typer.Exit(0 if healthy(findings) else 1)


@dataclass(frozen=True, slots=True)
class Seat:
    """The computer and key store that a command works on; a test hands in others as the context's object."""

    system: System = field(default_factory=this_system)
    keys: SystemKeys = field(default_factory=SystemKeys)

    @property
    def folder(self) -> Path:
        """The folder of the add-in's files."""
        return paths.user_folder(self.system.environ, self.system.platform)

    def store(self) -> KeyStore:
        """Where keys are: the environment, then the key store."""
        return FirstOf(EnvironmentKeys(self.system.environ), self.keys)

    def catalogue(self) -> Catalogue:
        """The person's endpoints; one that does not answer in ANSWER_SECONDS counts as silent."""
        conf = paths.conf_file(self.system.environ, self.system.platform)
        limits = Limits(call_seconds=ANSWER_SECONDS)
        transport = HttpTransport(limits=limits, sign_in=ProxyLogins(self.store()))
        return Catalogue(self.folder, self.store(), conf=conf, transport=transport)


def main() -> None:
    """Run `sheetscore addin ...`; every error that we foresee becomes one sentence and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a path may have letters that this console has not
            stream.reconfigure(errors="replace")
    try:
        app(sys.argv[2:], prog_name="sheetscore addin")
    except (SheetscoreError, OSError) as error:
        sys.stderr.write(f"sheetscore: {words(error)}\n")
        sys.exit(1)


def words(error: Exception) -> str:
    """An error in one sentence."""
    if isinstance(error, OSError):
        return f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
    return explain(error, sheet=False)
