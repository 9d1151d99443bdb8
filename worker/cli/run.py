"""`sheetscore serve|score|demo`: what does the work."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy import Engine

from worker.batch.folders import Claim, new_job_id
from worker.batch.intake import enter, printable
from worker.batch.job import ENDED, Job
from worker.batch.kept import copied
from worker.batch.ledger import LostJob
from worker.batch.publish import free_name, template_name
from worker.batch.service import BatchService
from worker.batch.summary import sentence
from worker.batch.templates import Templates
from worker.cli import show
from worker.cli.conventions import CsvEncoding, CsvSeparator, DateOrder, DecimalSign, ReplaceEarlier, given
from worker.cli.home import Home, opened
from worker.endpoints import Access, Models, Registry, Remote, Snapshots, Updates
from worker.endpoints.expiry import ExpiryWatch
from worker.endpoints.meter import Meter
from worker.folder import Folder, open_file
from worker.logs import to_file
from worker.progress import Bars
from worker.scoring import Limits, Schema
from worker.settings import Settings, help_of
from worker.workbooks import Kind, WorkbookError, is_encrypted, kind_of

if TYPE_CHECKING:
    from worker.host import Exposure

EXIT_PROBLEMS = 3


def serve(
    *,
    home: Home,
    host: Annotated[str | None, typer.Option(help=help_of("host"))] = None,
    port: Annotated[int | None, typer.Option(help=help_of("port"))] = None,
    public_url: Annotated[str | None, typer.Option(help=help_of("public_url"))] = None,
    behind_proxy: Annotated[str | None, typer.Option(help=help_of("behind_proxy"))] = None,
    tls_certificate: Annotated[str | None, typer.Option(help=help_of("tls_certificate"))] = None,
    tls_key: Annotated[str | None, typer.Option(help=help_of("tls_key"))] = None,
) -> None:
    """Run the host, the drop folders and the batch engine in one process. Ctrl-C or SIGTERM stops it cleanly."""
    from worker.host import Accounts, Area, HostServer, Management, create_app  # noqa: PLC0415 - no other command serves

    settings = Settings(
        home,
        host=host,
        port=port,
        public_url=public_url,
        behind_proxy=behind_proxy,
        tls_certificate=tls_certificate,
        tls_key=tls_key,
    )
    to_file(home)
    stop = threading.Event()
    _stop_on_signals(stop)
    with opened(home, settings) as engine:
        reach = _exposure(settings, engine)
        models = Models(engine, home, limits=Limits(call_seconds=settings.call_seconds))
        area = Area.of_home(home, settings)
        with (
            Snapshots(engine, home, models) as snapshots,
            BatchService(engine, home, settings, models, progress=_tell, also_sweep=area.sweep) as batch,
            Meter(engine) as meter,
            ExpiryWatch(snapshots.current, batch.logs),
        ):
            registry = Registry(engine, home)
            management = Management(registry, Updates(engine, models), Access(engine), snapshots, area)
            accounts = Accounts(meter, batch.logs)
            app = create_app(
                snapshots,
                settings,
                batch.uploads,
                management,
                accounts=accounts,
                jobs=batch.ledger.states,
                area=area,
                tables=batch.tables,
                templates=lambda: Templates(registry, home, time.time),
            )
            with HostServer(app, settings.host, settings.port, reach) as server:
                show.console.print(f"Listening on {server.url}")
                show.console.print(f"Drop folders in {home / 'drop'}")
                show.console.print("Ctrl-C stops. What is under way is taken up again at the next start.")
                sys.stdout.flush()
                stop.wait()
                show.console.print("Stopping. Ctrl-C again does not wait for calls under way.")
        show.console.print("Stopped.")


def _exposure(settings: Settings, engine: Engine) -> Exposure:
    from worker.host.exposure import NotSafe, exposure  # noqa: PLC0415 - as above

    try:
        return exposure(settings, managed=any(token.customer is None for token in Access(engine).tokens()))
    except NotSafe as refused:
        raise typer.BadParameter(str(refused)) from None


def _tell(job: Job, phase: str, rows: int, total: int) -> None:  # noqa: ARG001 - the shape of a progress
    """One line for each job that ends."""
    if phase in ENDED:
        said = sentence(job.rows_scored or 0, job.rows_with_problems or 0) if phase == "done" else job.reason
        show.console.print(
            f"{show.moment(job.ended_at)}  {job.customer or job.service}  {job.file_name}  {phase}: {said}"
        )
        sys.stdout.flush()


def _stop_on_signals(stop: threading.Event) -> None:
    def ask(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)


def score(
    book: Annotated[Path, typer.Argument(help="The workbook.", exists=True, dir_okay=False)],
    *,
    endpoint: Annotated[
        str, typer.Option(help="service/endpoint of this home, or the URL of any; a template's own if not given.")
    ] = "",
    where: Annotated[
        str,
        typer.Option("--input", help="Sheet, Sheet!A1:F9, table or defined name; found by its header if not given."),
    ] = "",
    out: Annotated[Path | None, typer.Option(help="Where the result goes; beside the workbook if not given.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over what --out names.")] = False,
    decimal_sign: DecimalSign = None,
    date_order: DateOrder = None,
    csv_separator: CsvSeparator = None,
    csv_encoding: CsvEncoding = None,
    replace_earlier: ReplaceEarlier = None,
    home: Home,
) -> None:
    """Score one workbook now, against an endpoint of this home or any by its URL."""
    target = _target(book, out, replace=replace)
    said = given(decimal_sign, date_order, csv_separator, csv_encoding, replace_earlier)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended like Ctrl-C: nothing half is left
    if "://" in endpoint:
        with tempfile.TemporaryDirectory(prefix="sheetscore-") as made:
            code = _score(Path(made), book, _register(Path(made), endpoint), where, target, said)
    else:
        code = _score(home, book, endpoint, where, target, said)
    raise typer.Exit(code)


def _target(book: Path, out: Path | None, *, replace: bool) -> Path:
    """Where the result goes, found out before anything is paid for. Raises BadParameter."""
    if book.is_symlink():
        raise typer.BadParameter(f"{book} is a link to {book.readlink()}; give the workbook itself")
    if not book.is_file():
        raise typer.BadParameter(f"{book} is not a file")
    if out is None or out.is_dir():
        return free_beside(out / book.name if out else book)
    if not out.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.parent}", param_hint="--out")
    if out.exists() and not replace:
        raise typer.BadParameter(f"{out} is there already; add --replace to write over it", param_hint="--out")
    return out


def free_beside(book: Path) -> Path:
    """`book.xlsx` -> `book.scored.xlsx`, numbered if that is taken."""
    name = f"{book.stem}.scored{book.suffix if _gets_sheets(book) else '.xlsx'}"
    with Folder.open(book.parent) as folder:
        return book.with_name(free_name(folder, name))


def _gets_sheets(book: Path) -> bool:
    try:
        return kind_of(book) is Kind.WORKBOOK
    except WorkbookError:  # the job will say why
        return True


def _register(home: Path, url: str) -> str:
    """Make the remote endpoint known to a home that lasts as long as this command."""
    from worker.scoring import discover  # noqa: PLC0415 - brings requests, which an endpoint of this home does not need

    key = os.environ.get("SHEETSCORE_KEY", "")
    if not key and sys.stdin.isatty():
        key = typer.prompt("Key of the endpoint", hide_input=True, err=True)
    if not key:
        raise typer.BadParameter("an endpoint by its URL needs a key: set SHEETSCORE_KEY")
    found = discover(url, key).schema
    # Without sample rows, which publishing would score and someone pay.
    schema = Schema(found.inputs, found.outputs, parameters=found.parameters)
    with opened(home) as engine:
        registry = Registry(engine, home)
        registry.add_service("remote", schema, Remote(url=url, codec="classic", token=key))
    return "remote/default"


def _score(home: Path, book: Path, endpoint: str, where: str, target: Path, said: str | None) -> int:
    """Drive one workbook through the same runner as every other; returns the exit code."""
    settings = Settings(home)
    to_file(home)
    password = _password(book)
    with opened(home, settings) as engine, Bars(show.errors) as bars:
        models = Models(engine, home, limits=Limits(call_seconds=settings.call_seconds))
        with BatchService(engine, home, settings, models, progress=bars.update, serving=False) as batch:
            known = batch.registry.endpoint(endpoint).id if endpoint else None
            claim = Claim(new_job_id(), None, known, "command", printable(book.name), batch.owner.name, where, said)
            with open_file(book) as opened_book:
                copied(opened_book, batch.folders.open_claim(claim))
            if password:
                batch.passwords.keep(claim.job_id, password)
            enter(claim, batch.ledger, batch.folders)
            try:
                job = batch.run(claim.job_id)
            except KeyboardInterrupt:
                batch.ledger.ask_cancel(claim.job_id)  # a `serve` of this home may have it
                with suppress(LostJob):
                    batch.ledger.finish(claim.job_id, batch.owner.name, "cancelled", reason="Stopped by Ctrl-C.")
                raise
            if job.state != "done":
                show.complain(job.reason or job.state)
                return 1
            result = batch.folders.folder(job.id) / (job.result_name or "")
            _put(result, target)
            if (fresh := result.with_name(template_name(result.name))).exists():
                _put(fresh, target.with_name(template_name(target.name)))
    show.console.print(f"{sentence(job.rows_scored or 0, job.rows_with_problems or 0)}: {printable(str(target))}")
    return EXIT_PROBLEMS if job.rows_with_problems else 0


def _password(book: Path) -> str:
    """What opens the workbook, if it is encrypted."""
    if not is_encrypted(book):
        return ""
    given = os.environ.get("SHEETSCORE_PASSWORD", "")
    if not given and sys.stdin.isatty():
        given = typer.prompt("Password of the workbook", hide_input=True, err=True)
    return given


def _put(result: Path, target: Path) -> None:
    """Copy the result to where it was asked for, whole or not at all."""
    half = target.with_name(f".sheetscore-{new_job_id()}.part")
    try:
        shutil.copyfile(result, half)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)


def demo(
    *,
    home: Annotated[Path, typer.Option("--home", help="Where the demonstration lives.")] = Path("sheetscore-demo"),
    keep_serving: Annotated[bool, typer.Option("--keep-serving", help="Leave host and drop folders running.")] = False,
) -> None:
    """Publish real models, make three customers, score their workbooks and templates, show the outcome."""
    from worker.demo.run import run_demo  # noqa: PLC0415 - it serves too

    stop = threading.Event() if keep_serving else None
    if stop is not None:
        _stop_on_signals(stop)
    raise typer.Exit(run_demo(home, show.console, stop))
