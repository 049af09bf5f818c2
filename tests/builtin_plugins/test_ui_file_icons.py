"""The icons of files without a picture."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from faceforge_sdk.file_icons import ICONS, UNKNOWN, icon_of
from faceforge_sdk.models import AssetFacts
from faceforge_sdk.testing import FakeAssets

SHEET = Path(__file__).parents[2] / "builtin_plugins" / "faceforge_builtins" / "ui_shell" / "static" / "icons.svg"


@pytest.mark.parametrize(
    ("media_type", "icon"),
    [
        ("image/heic", "image"),
        ("audio/flac", "audio"),
        ("video/mp4", "video"),
        ("application/pdf", "document"),
        ("application/vnd.oasis.opendocument.text", "document"),
        ("application/vnd.oasis.opendocument.spreadsheet", "table"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "document"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "table"),
        ("text/plain", "text"),
        ("text/markdown", "text"),
        ("text/csv", "table"),
        ("text/x-python", "code"),
        ("application/json", "code"),
        ("application/zip", "archive"),
        ("model/gltf-binary", "model"),
        ("application/x-blender", "model"),
        ("font/woff2", "font"),
        ("application/x-elf", UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_a_file_has_an_icon_by_what_its_bytes_are(media_type: str | None, icon: str) -> None:
    asset = FakeAssets().add(b"content", mime_type="application/octet-stream")
    assert icon_of(asset.model_copy(update={"facts": AssetFacts(media_type=media_type)})) == icon


def test_every_icon_of_a_file_stands_on_the_sheet() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', SHEET.read_text("utf-8")))
    assert {icon for _, icon in ICONS} | {UNKNOWN} <= drawn
