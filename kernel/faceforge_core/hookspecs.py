"""Every hook a plugin may implement.

Hooks return values and do nothing: plain functions with exactly the arguments shown (or fewer), no ``async``, no
wrappers, no defaults. Each is called once, when its plugin is activated, alone and with the plugin's own context;
whatever it raises becomes that plugin's error. The work happens later, in the callables that the values carry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from faceforge_sdk import (
        AssetExtractor,
        Command,
        EntityPanel,
        EventHandler,
        FieldType,
        HealthCheck,
        JobHandler,
        Migrations,
        NavItem,
        PluginContext,
        Router,
        S3Endpoint,
        SettingsTrial,
        StorageProvider,
        StorageRule,
        Thumbnailer,
    )

hookspec = pluggy.HookspecMarker("faceforge")


@hookspec
def lifespan(ctx: PluginContext) -> AbstractContextManager[None]:
    """A context manager that is held open while the plugin is active. Added in SDK 1.

    For real resources only: a process, a thread, a connection::

        @hookimpl
        @contextmanager
        def lifespan(ctx):
            with ThreadPoolExecutor(2) as pool:
                ...
                yield
    """
    raise NotImplementedError


@hookspec
def register_migrations(ctx: PluginContext) -> Iterable[Migrations]:
    """The plugin's own tables, brought up to date before every other hook is called. Added in SDK 1.

    ::

        @hookimpl
        def register_migrations(ctx):
            return [Migrations("migrations")]  # the folder of 0001_palettes.sql
    """
    raise NotImplementedError


@hookspec
def register_routers(ctx: PluginContext) -> Iterable[Router]:
    """Routes to serve while the plugin is active. Added in SDK 1.

    ::

        @hookimpl
        def register_routers(ctx):
            router = APIRouter()

            @router.get("/greeting")
            def greet() -> Envelope[str]:
                return ok("Hello")

            return [Router(router)]
    """
    raise NotImplementedError


@hookspec
def register_nav_items(ctx: PluginContext) -> Iterable[NavItem]:
    """Entries of the side bar. Added in SDK 1.

    ::

        @hookimpl
        def register_nav_items(ctx):
            return [NavItem("palette", "Palettes", f"/ui/plugins/{ctx.plugin_id}/", icon="image")]
    """
    raise NotImplementedError


@hookspec
def register_entity_panels(ctx: PluginContext) -> Iterable[EntityPanel]:
    """Tabs on the page of an entity. Added in SDK 1.

    ::

        @hookimpl
        def register_entity_panels(ctx):
            def load(entity_id):
                return {"entity": ctx.entities.get(entity_id)}

            return [EntityPanel("facts", "Facts", "facts.html", load)]
    """
    raise NotImplementedError


@hookspec
def register_storage_providers(ctx: PluginContext) -> Iterable[StorageProvider]:
    """Places where bytes may lie. Added in SDK 1.

    ::

        @hookimpl
        def register_storage_providers(ctx):
            return [ZipProvider(ctx.data_dir)]
    """
    raise NotImplementedError


@hookspec
def register_storage_rules(ctx: PluginContext) -> Iterable[StorageRule]:
    """Who decides where an upload's bytes go. Added in SDK 1.

    ::

        @hookimpl
        def register_storage_rules(ctx):
            return [StorageRule("models", lambda upload: "vault" if upload.kind == "model" else None, order=50)]
    """
    raise NotImplementedError


@hookspec
def register_s3_endpoints(ctx: PluginContext) -> Iterable[S3Endpoint]:
    """S3-compatible servers that the plugin runs or knows. Added in SDK 1.

    ::

        @hookimpl
        def register_s3_endpoints(ctx):
            return [S3Endpoint("attic", "http://127.0.0.1:9000", ctx.config["access_key"], ctx.config["secret_key"])]
    """
    raise NotImplementedError


@hookspec
def register_asset_extractors(ctx: PluginContext) -> Iterable[AssetExtractor]:
    """Who reads metadata out of files. Added in SDK 1.

    ::

        @hookimpl
        def register_asset_extractors(ctx):
            def accepts(asset):
                return asset.facts.media_type == "text/plain"

            def extract(files):
                return [Extracted({"lines": len(file.path.read_bytes().splitlines())}) for file in files]

            return [AssetExtractor("lines", "LineCounter", accepts, extract)]
    """
    raise NotImplementedError


@hookspec
def register_thumbnailers(ctx: PluginContext) -> Iterable[Thumbnailer]:
    """Who renders pictures of files. Added in SDK 1.

    ::

        @hookimpl
        def register_thumbnailers(ctx):
            return [Thumbnailer("pdf", ("application/pdf",), render_first_page)]
    """
    raise NotImplementedError


@hookspec
def register_health_checks(ctx: PluginContext) -> Iterable[HealthCheck]:
    """What ``faceforge doctor`` asks. Added in SDK 1.

    ::

        @hookimpl
        def register_health_checks(ctx):
            def check():
                if ctx.config.get("library"):
                    return HealthReport("ok", "The library is chosen.")
                return HealthReport("warning", "No library is chosen.", "Name one in the plugin's configuration.")

            return [HealthCheck("library", check)]
    """
    raise NotImplementedError


@hookspec
def register_settings_trials(ctx: PluginContext) -> Iterable[SettingsTrial]:
    """Ways to try the plugin's settings before they are saved. Added in SDK 1.

    ::

        @hookimpl
        def register_settings_trials(ctx):
            def attempt(config):
                if can_open(config.get("library")):
                    return TrialReport("ok", "The library can be opened.")
                return TrialReport("error", "There is no library at %(place)s.", values={"place": config["library"]})

            return [SettingsTrial("library", attempt)]
    """
    raise NotImplementedError


@hookspec
def register_job_handlers(ctx: PluginContext) -> Iterable[JobHandler[Any]]:
    """Types of jobs the plugin runs. Added in SDK 1.

    ::

        @hookimpl
        def register_job_handlers(ctx):
            return [JobHandler("palette.compute", PaletteInput, compute)]
    """
    raise NotImplementedError


@hookspec
def register_event_handlers(ctx: PluginContext) -> Iterable[EventHandler]:
    """Functions to call after something happened. Added in SDK 1.

    ::

        @hookimpl
        def register_event_handlers(ctx):
            return [EventHandler("palette.new-images", "asset.stored", queue_palette)]
    """
    raise NotImplementedError


@hookspec
def register_field_types(ctx: PluginContext) -> Iterable[FieldType]:
    """Types of values for field definitions. Added in SDK 1.

    ::

        @hookimpl
        def register_field_types(ctx):
            def check(value, rules):
                return [] if str(value).startswith("#") else ["The value must be a colour like #1e90ff."]

            return [FieldType("colour", check, lambda rules: [])]
    """
    raise NotImplementedError


@hookspec
def register_commands(ctx: PluginContext) -> Iterable[Command[Any]]:
    """Commands for people: ``faceforge run <plugin> <name>``. Added in SDK 1.

    ::

        @hookimpl
        def register_commands(ctx):
            def count(_):
                return f"There are {ctx.entities.count(EntityFilter())} entities."

            return [Command("count", "Count the entities.", count)]
    """
    raise NotImplementedError
