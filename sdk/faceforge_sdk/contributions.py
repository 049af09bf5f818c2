"""The values that hooks return: frozen facts; the work happens later, in the callables they carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from .models import AssetFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from fastapi import APIRouter

    from .context import JobContext
    from .events import Event
    from .models import Asset
    from .protocols import UploadFacts

InputT = TypeVar("InputT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Migrations:
    """The steps that make a plugin's own tables: files ``0001_what_it_does.sql``, ``0002_…`` in `folder` of the plugin.

    Plain SQL, in which ``{prefix}`` stands for what all names have to begin with. Each file is run once, as one
    transaction; a file that ran is never changed again: what is to change is written as the next one.
    """

    folder: str = "migrations"


@dataclass(frozen=True, slots=True)
class Router:
    """HTTP routes, served while the plugin is enabled and never without a credential.

    A built-in's paths stand as they are. Everyone else's are forced under ``/v1/plugins/<id>/``, or under
    ``/ui/plugins/<id>/`` with ``area="ui"``. `uploads` names paths (after the prefix) whose body the route reads as a
    stream: they are bounded by ``limits.upload_bytes`` instead of ``limits.json_bytes``. `bulk` names paths whose JSON
    may be as large as ``limits.bulk_json_bytes``.
    """

    router: APIRouter
    prefix: str = ""
    area: str = "v1"
    uploads: tuple[str, ...] = ()
    bulk: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the side bar.

    `title` is English, and shown as the plugin's ``locales`` translate it (mark it with
    `faceforge_sdk.texts.to_translate`); `path` is absolute (``/ui/…``); `icon` names a symbol of the
    shell's icon sheet.
    """

    id: str
    title: str
    path: str
    icon: str = "plugin"
    order: int = 500


@dataclass(frozen=True, slots=True)
class EntityPanel:
    """A tab on the entity page.

    `load(entity_id)` returns the template's values; it may read through the services and has five seconds. If it
    raises or takes longer, the page shows an error card in its place. `template` is a file in the plugin's
    ``templates`` folder.
    """

    id: str
    title: str
    template: str
    load: Callable[[str], Mapping[str, Any]]
    order: int = 500


@dataclass(frozen=True, slots=True)
class StorageRule:
    """Chooses where an upload's bytes go. Asked in `order`; the first name wins, None means no opinion."""

    name: str
    choose: Callable[[UploadFacts], str | None]
    order: int = 500


def _yes() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class S3Endpoint:
    """An S3-compatible server that the plugin runs or knows, for whoever keeps files in S3.

    The first by `order` is used in place of the configured ``storage.s3.endpoint_url`` and its keys, which no
    representation shows. ``ready()`` is quick and says whether the server is known to answer; while it is False nobody
    asks the server itself.
    """

    name: str
    url: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    ready: Callable[[], bool] = _yes
    order: int = 500


@dataclass(frozen=True, slots=True)
class Thumbnailer:
    """Renders pictures of files of `media_types` (``image/png``, ``image/*``).

    ``render(source, size)`` returns a WebP whose longer side is at most `size` pixels, or raises
    `faceforge_sdk.errors.InvalidInput` for a file it can't or won't read. It runs on a worker, never in a request.
    """

    name: str
    media_types: tuple[str, ...]
    render: Callable[[Path, int], bytes]
    order: int = 500


@dataclass(frozen=True, slots=True)
class FileToRead:
    """An asset's bytes as a file, for the time of one call; see `Storage.as_file` for its name. Never write to it."""

    asset: Asset
    path: Path


@dataclass(frozen=True, slots=True)
class Extracted:
    """What an extractor found in one file.

    `data` becomes the ``Data`` of the entry of ``meta.metadata`` whose ``Source`` is the extractor's; None makes no
    entry. `words` are what the asset is to be found by. `problem` is a sentence about what went wrong with this file,
    for the job's log.
    """

    data: Mapping[str, Any] | None = None
    facts: AssetFacts = field(default_factory=AssetFacts)
    words: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class AssetExtractor:
    """Reads metadata out of files, in a job soon after they came in.

    `accepts(asset)` is quick and says whether to ask it; ``asset.facts`` is what is known by then: the media type by
    the bytes, and what extractors before it by `order` have found, who are believed where two say a fact. ``extract``
    gets up to `batch` files and returns one `Extracted` for each, in order. It runs on workers, on two at once where
    two jobs read files, and may take a minute and ten seconds more for each file; whatever it raises costs the metadata
    of that batch and nothing else.
    `ready()` is quick: while it is False nobody is asked, and files that came in meanwhile are read once it is True
    and the library is read anew.
    """

    name: str
    source: str
    accepts: Callable[[Asset], bool]
    extract: Callable[[Sequence[FileToRead]], Sequence[Extracted]]
    batch: int = 1
    ready: Callable[[], bool] = _yes
    order: int = 500


@dataclass(frozen=True, slots=True)
class HealthReport:
    """How something is. `status` is ``ok``, ``warning``, ``error`` (it does not work), or ``off`` (nobody wants it to).

    `summary` is a sentence for the owner, `advice` one that says what to do, both English with ``%(name)s`` filled in
    from `values` where there are any. Pages show them as the plugin's ``locales`` translate them (mark them with
    `faceforge_sdk.texts.to_translate`), the API as they are. `facts` are versions, places and numbers. None of it
    holds a secret.
    """

    status: Literal["ok", "warning", "error", "off"]
    summary: str
    advice: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Tells how something of the plugin's is, when somebody asks for the health of Core.

    ``check()`` has five seconds, changes nothing, and says what is known rather than waiting for others; whatever it
    raises, and no answer in time, is shown as an error of this check.
    """

    name: str
    check: Callable[[], HealthReport]
    order: int = 500


@dataclass(frozen=True, slots=True)
class TrialReport:
    """What came of trying settings: ``ok``, ``warning``, or ``error`` (they will not work).

    `summary` is a sentence for the owner, `advice` one that says what to do, both English with ``%(name)s`` filled in
    from `values`, and shown as the plugin's ``locales`` translate them (mark them with
    `faceforge_sdk.texts.to_translate`). None of it holds a secret.
    """

    status: Literal["ok", "warning", "error"]
    summary: str
    advice: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SettingsTrial:
    """Tries settings of the plugin before they are saved: whether a server answers, whether it takes the keys.

    ``attempt(config)`` gets a configuration as a form has it, which may not fit the schema, and where the secrets that
    nobody typed anew are null or missing: take those of ``ctx.config``. It has twenty seconds and changes no settings.
    """

    name: str
    attempt: Callable[[Mapping[str, Any]], TrialReport]
    order: int = 500


@dataclass(frozen=True, slots=True)
class JobHandler(Generic[InputT]):
    """Runs jobs of one type.

    The input is validated as `input_model` when the job is made. ``run(job)`` returns the JSON-ready result. It may
    be called again for the same job after a crash (up to three times) and so must be idempotent; between units of
    work it calls ``job.check_cancelled()``.

    `background`: nobody asked for it and there may be many, so lists may leave such jobs out, unless they failed, and
    they give way to others: while one of those runs, only every ten seconds or so one of them is begun.
    """

    job_type: str
    input_model: type[InputT]
    run: Callable[[JobContext[InputT]], Mapping[str, Any]]
    background: bool = False


class NoInput(BaseModel):
    """What a command takes that takes nothing."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Command(Generic[InputT]):
    """Something that people do now and then: ``faceforge run <plugin> <name>``, with a running Core or without one.

    `name` is of lower-case words joined by dashes, `help` one sentence. The fields of `input_model` are its options
    (``only_missing`` is ``--only-missing``). ``run(input)`` returns what is printed; an error of the tree is printed as
    its sentence. It has a minute: for what takes longer it queues a job.
    """

    name: str
    help: str
    run: Callable[[InputT], str]
    input_model: type[InputT] = NoInput  # type: ignore[assignment]  # the default of a type that is inferred
    order: int = 500


@dataclass(frozen=True, slots=True)
class EventHandler:
    """Called after commit with the events of `event_type` (``asset.stored``, or ``asset.*`` for a family).

    ``handle`` gets those that wait, at least one and at most 500, in order; one that comes alone comes at once. Runs
    on a worker, each event at least once, isolated from other handlers. If it raises it is called again with the same
    events, and after the third time with each of them alone; one that fails so, too, is skipped. `name` identifies its
    place in the stream across restarts: keep it.
    """

    name: str
    event_type: str
    handle: Callable[[Sequence[Event]], None]


@dataclass(frozen=True, slots=True)
class FieldRules:
    """What a field definition says beyond its type: what a `FieldType` checks by."""

    required: bool
    options: Mapping[str, Any]
    regex: str | None


@dataclass(frozen=True, slots=True)
class FieldType:
    """A type of values for field definitions.

    A definition names it by `name` or one of `aliases`, trimmed and without regard to case; where two types claim one
    of them, the first by `order` has it. ``check(value, rules)`` returns what is wrong with a value that is not null,
    as sentences; nothing for a good one. ``check_rules(rules)`` returns what is wrong with a definition (options that
    miss). Both must be quick and may read through the services. `widget` names the control that forms show: ``text``,
    ``multiline``, ``number``, ``switch``, ``choice``, ``date``, ``url``, ``entity`` or ``json``.

    Null, lists of `multiple` values, and whether RE2 takes a definition's `regex` are Core's own business. A type that
    holds its values to `regex` does so with `faceforge_sdk.patterns`, as the built-in ``string``, ``text`` and ``url``
    do.
    """

    name: str
    check: Callable[[Any, FieldRules], Sequence[str]]
    check_rules: Callable[[FieldRules], Sequence[str]]
    aliases: tuple[str, ...] = ()
    widget: str = "text"
    order: int = 500
