"""What an asset is treated as."""

from __future__ import annotations

import pytest

from faceforge_sdk.models import AssetFacts
from faceforge_sdk.testing import FakeAssets


@pytest.mark.parametrize(
    ("said", "found", "treated_as"),
    [
        ("image/png", "image/jpeg", "image/jpeg"),
        ("Image/PNG; q=1", None, "image/png"),
        (None, None, ""),
        (None, "text/plain", "text/plain"),
        ("image/jpeg", "text/html", "text/html"),
        ("image/jpeg", "text/plain", "text/plain"),
        ("application/octet-stream", "application/zip", "application/zip"),
        ("application/x-drawing", "text/plain", "application/x-drawing"),
        ("application/vnd.comicbook+zip", "application/zip", "application/vnd.comicbook+zip"),
        ("application/x-drawing", "image/png", "image/png"),
    ],
)
def test_the_bytes_are_believed_unless_they_only_tell_what_many_formats_are_made_of(
    said: str | None, found: str | None, treated_as: str
) -> None:
    asset = FakeAssets().add(b"content").model_copy(update={"mime_type": said})
    assert asset.model_copy(update={"facts": AssetFacts(media_type=found)}).media_type == treated_as
