"""``faceforge fsck`` and ``faceforge storage``: whether the files are whole, where they lie, and moving them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faceforge_core.refusals import LOCKED, StartRefused
from faceforge_sdk.errors import FaceForgeError
from faceforge_sdk.models import MigratePlan, MigrateRequest, StorageUsage, VerifyOptions

from .homes import HomeOption, existing_home
from .printable import printable
from .running import running_core
from .sizes import size_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_sdk.models import Finding, ProviderUsage, VerifyReport

app = typer.Typer(help="Where the files lie, and moving them.")

FINDINGS = 1
_HINTS = {
    "missing": "Upload the file again, or put it back where it was.",
    "size": "Upload the file again: whole bytes take the place of damaged ones.",
    "hash": "Upload the file again: whole bytes take the place of damaged ones.",
    "unavailable": "See that the place answers, and check again.",
    "orphan": "`faceforge fsck --repair` moves them to quarantine/.",
    "leftover": "The next start of Core removes it.",
    "counter": "`faceforge fsck --repair` counts again.",
    "search": "Change each of them once, or restore a backup.",
    "database": "Restore a backup.",
    "reference": "Restore a backup.",
}


def fsck(
    deep: Annotated[bool, typer.Option("--deep", help="Read every file and compare it with its hash.")] = False,
    sample: Annotated[
        float | None, typer.Option(min=0, max=100, help="Read so many percent of the files, chosen at random.")
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Move what no asset refers to into quarantine/; count again.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    home: HomeOption = None,
) -> None:
    """Check a home that no Core has open.

    Ends with 0: all is well; 1: findings; 2: it can't be checked; 4: a Core has it open.
    """
    from faceforge_core.kernel import Kernel

    place = existing_home(home)
    if running_core(place) is not None:
        raise StartRefused(
            "A Core has this home open: stop it, or let it check itself with the job storage.verify "
            "(POST /v1/storage/verify).",
            LOCKED,
        )
    kernel = Kernel(place.root)
    try:
        kernel.start(run_jobs=False)
        options = VerifyOptions(deep=deep, sample=sample or None, repair=repair)
        report = kernel.services.storage.verify(options, _progress(show=not as_json), lambda: None)
    except FaceForgeError as error:
        raise StartRefused(str(error)) from error
    finally:
        kernel.close()
    typer.echo(report.model_dump_json(indent=2) if as_json else _told(report))
    raise typer.Exit(FINDINGS if report.counts else 0)


@app.command("usage")
def usage(home: HomeOption = None) -> None:
    """Print how much lies where."""
    place = existing_home(home)
    running = running_core(place)
    if running is not None:
        found = StorageUsage.model_validate(running.ask("GET", "/v1/storage"))
    else:
        from faceforge_core.kernel import Kernel

        with Kernel(place.root) as kernel:
            found = kernel.services.storage.usage()
    for provider in found.providers:
        typer.echo(
            f"{provider.name:12} {provider.assets:>10} files {size_text(provider.total_bytes):>10}  {_state(provider)}"
        )
    if found.displaced:
        typer.echo(f"{found.displaced} files wait to be moved where they belong.")


@app.command("migrate")
def migrate(
    to: Annotated[str, typer.Argument(help="The provider to move to: fs, s3, or one of a plugin.")],
    source: Annotated[str | None, typer.Option("--from", help="Only what this provider holds.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only files of this kind.")] = None,
    min_bytes: Annotated[int | None, typer.Option(min=0, help="Only files of at least so many bytes.")] = None,
    max_bytes: Annotated[int | None, typer.Option(min=0, help="Only files of at most so many bytes.")] = None,
    keep_source: Annotated[bool, typer.Option("--keep-source", help="Leave the bytes where they were, too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how much would go where.")] = False,
    home: HomeOption = None,
) -> None:
    """Move files to another provider: copied, read back and compared, and only then removed where they were."""
    request = MigrateRequest(
        to=to, source=source, kind=kind, min_bytes=min_bytes, max_bytes=max_bytes, keep_source=keep_source
    )
    place = existing_home(home)
    running = running_core(place)
    if running is not None:
        body = request.model_dump(mode="json", exclude_none=True)
        plan = MigratePlan.model_validate(running.ask("POST", "/v1/storage/migrate/plan", body))
        typer.echo(_planned(plan))
        if plan.assets and not dry_run:
            job = running.ask("POST", "/v1/storage/migrate", body)
            typer.echo(f"The running Core moves them, as job {job['job_id']}.")
        return
    from faceforge_core.kernel import Kernel

    with Kernel(place.root) as kernel:
        plan = kernel.services.storage.plan_migration(request)
        typer.echo(_planned(plan))
        if dry_run or not plan.assets:
            return
        done = kernel.services.storage.migrate(request, _progress(show=True), lambda: None, _report)
    typer.echo(f"Moved: {done['moved']} files, {size_text(done['bytes'])}. Not moved: {done['failed']}.")
    raise typer.Exit(FINDINGS if done["failed"] else 0)


def _progress(*, show: bool) -> Any:
    """Progress for a person at a terminal, on a line that is written over."""
    shown = show and sys.stderr.isatty()

    def tell(percent: float, step: str | None) -> None:
        if shown:
            typer.echo(f"\r{percent:5.1f} %  {step or '':60}", err=True, nl=percent >= 100)  # the end

    return tell


def _report(sentence: str, about: Mapping[str, Any]) -> None:
    typer.echo(f"{sentence} ({', '.join(f'{name} {value}' for name, value in about.items())})", err=True)


def _planned(plan: MigratePlan) -> str:
    if not plan.assets:
        return "There is nothing to move."
    shares = (
        f"{share.assets} files, {size_text(share.total_bytes)}, from {share.source} to {share.to}"
        for share in plan.shares
    )
    return "\n".join(shares)


def _told(report: VerifyReport) -> str:
    lines = [_line(finding) for finding in report.findings]
    if sum(report.counts.values()) > len(report.findings):
        lines.append(f"… and {sum(report.counts.values()) - len(report.findings)} more")
    read = f"{report.hashed_assets} of them read ({size_text(report.hashed_bytes)})"
    looked = f"{report.checked_assets} files looked at, {read}."
    if not report.counts:
        return f"All is well: {looked}"
    lines.append(looked)
    lines += [
        f"{number} × {code}: {_HINTS.get(code, '')}".rstrip(": ") for code, number in sorted(report.counts.items())
    ]
    return "\n".join(lines)


def _line(finding: Finding) -> str:
    where = [one for one in (finding.filename, finding.asset_id, finding.key, finding.provider) if one]
    return printable(" ".join([f"{finding.code:12}", finding.message, *where]))


def _state(provider: ProviderUsage) -> str:
    if not provider.active:
        return "no enabled plugin offers it"
    return "" if provider.available else "does not answer"
