"""What a FaceForge plugin imports. Needs pluggy and pydantic, loads no web framework and no database."""

from __future__ import annotations

import pluggy

from .context import JobContext, PluginContext
from .contributions import (
    AssetExtractor,
    Command,
    EntityPanel,
    EventHandler,
    Extracted,
    FieldRules,
    FieldType,
    FileToRead,
    HealthCheck,
    HealthReport,
    JobHandler,
    Migrations,
    NavItem,
    NoInput,
    Router,
    S3Endpoint,
    SettingsTrial,
    StorageRule,
    Thumbnailer,
    TrialReport,
)
from .errors import FaceForgeError, JobCancelled
from .events import Event
from .manifest import Manifest, ManifestError
from .models import Envelope, Page, ok
from .protocols import StorageProvider

API_VERSION = 1
"""The version of hooks and services. A manifest's ``api_version`` says which one its code was written for."""

hookimpl = pluggy.HookimplMarker("faceforge")
"""Marks a plugin's function as the implementation of the hook of the same name."""

__all__ = [
    "API_VERSION",
    "AssetExtractor",
    "Command",
    "EntityPanel",
    "Envelope",
    "Event",
    "EventHandler",
    "Extracted",
    "FaceForgeError",
    "FieldRules",
    "FieldType",
    "FileToRead",
    "HealthCheck",
    "HealthReport",
    "JobCancelled",
    "JobContext",
    "JobHandler",
    "Manifest",
    "ManifestError",
    "Migrations",
    "NavItem",
    "NoInput",
    "Page",
    "PluginContext",
    "Router",
    "S3Endpoint",
    "SettingsTrial",
    "StorageProvider",
    "StorageRule",
    "Thumbnailer",
    "TrialReport",
    "hookimpl",
    "ok",
]
