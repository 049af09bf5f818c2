"""The routes of what plugins keep: about an entity or an asset, and the end of all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from faceforge_sdk.errors import NotFound
from faceforge_sdk.models import (
    Deleted,
    Envelope,
    ForgottenPlugin,
    PluginDataEntry,
    PluginDataRequest,
    SubjectData,
    ok,
)
from faceforge_sdk.routing import built_late

if TYPE_CHECKING:
    from faceforge_sdk.models import PluginSubject
    from faceforge_sdk.protocols import PluginData, Plugins


def of_plugins(plugins: Plugins) -> APIRouter:
    """The end of a plugin's data."""
    router = built_late(APIRouter(prefix="/v1/plugins/{plugin_id}/data", tags=["Plugins"]))

    @router.delete("", summary="Remove all that a plugin kept")
    def forget_plugin(plugin_id: str) -> Envelope[ForgottenPlugin]:
        return ok(plugins.forget(plugin_id))

    return router


def of_entities(plugins: Plugins, plugin_data: PluginData) -> APIRouter:
    """What plugins keep about an entity."""
    router = built_late(APIRouter(prefix="/v1/entities/{entity_id}/plugin-data", tags=["Entities"]))

    @router.get("", summary="Read what plugins keep about an entity")
    def get_entity_plugin_data(entity_id: str) -> Envelope[SubjectData]:
        return ok(SubjectData(dict(plugin_data.everyones("entity", entity_id))))

    @router.get("/{plugin_id}", summary="Read what a plugin keeps about an entity")
    async def get_entity_data_of_plugin(entity_id: str, plugin_id: str) -> Envelope[PluginDataEntry]:
        return ok(_entry(plugin_data, "entity", entity_id, plugin_id))

    @router.put("/{plugin_id}", summary="Replace what a plugin keeps about an entity")
    def replace_entity_plugin_data(
        entity_id: str, plugin_id: str, body: PluginDataRequest
    ) -> Envelope[PluginDataEntry]:
        plugins.get(plugin_id)
        plugin_data.of_plugin(plugin_id).put("entity", entity_id, body.data)
        return ok(PluginDataEntry(plugin_id=plugin_id, data=body.data))

    @router.delete("/{plugin_id}", summary="Remove what a plugin keeps about an entity")
    def delete_entity_plugin_data(entity_id: str, plugin_id: str) -> Envelope[Deleted]:
        return _deleted(plugin_data, "entity", entity_id, plugin_id)

    return router


def of_assets(plugins: Plugins, plugin_data: PluginData) -> APIRouter:
    """What plugins keep about an asset."""
    router = built_late(APIRouter(prefix="/v1/assets/{asset_id}/plugin-data", tags=["Assets"]))

    @router.get("", summary="Read what plugins keep about an asset")
    def get_asset_plugin_data(asset_id: str) -> Envelope[SubjectData]:
        return ok(SubjectData(dict(plugin_data.everyones("asset", asset_id))))

    @router.get("/{plugin_id}", summary="Read what a plugin keeps about an asset")
    async def get_asset_data_of_plugin(asset_id: str, plugin_id: str) -> Envelope[PluginDataEntry]:
        return ok(_entry(plugin_data, "asset", asset_id, plugin_id))

    @router.put("/{plugin_id}", summary="Replace what a plugin keeps about an asset")
    def replace_asset_plugin_data(asset_id: str, plugin_id: str, body: PluginDataRequest) -> Envelope[PluginDataEntry]:
        plugins.get(plugin_id)
        plugin_data.of_plugin(plugin_id).put("asset", asset_id, body.data)
        return ok(PluginDataEntry(plugin_id=plugin_id, data=body.data))

    @router.delete("/{plugin_id}", summary="Remove what a plugin keeps about an asset")
    def delete_asset_plugin_data(asset_id: str, plugin_id: str) -> Envelope[Deleted]:
        return _deleted(plugin_data, "asset", asset_id, plugin_id)

    return router


def _entry(plugin_data: PluginData, kind: PluginSubject, subject_id: str, plugin_id: str) -> PluginDataEntry:
    data = plugin_data.of_plugin(plugin_id).get(kind, subject_id)
    if data is None:
        raise _nothing(kind, plugin_id)
    return PluginDataEntry(plugin_id=plugin_id, data=dict(data))


def _deleted(plugin_data: PluginData, kind: PluginSubject, subject_id: str, plugin_id: str) -> Envelope[Deleted]:
    if not plugin_data.of_plugin(plugin_id).delete(kind, subject_id):
        raise _nothing(kind, plugin_id)
    return ok(Deleted())


def _nothing(kind: PluginSubject, plugin_id: str) -> NotFound:
    return NotFound(f"The plugin {plugin_id[:80]!r} keeps nothing about this {kind}.")
