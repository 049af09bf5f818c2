"""Where a file's bytes are, and whether they are what was stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from faceforge_sdk.errors import FaceForgeError, IntegrityError

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Asset
    from faceforge_sdk.protocols import Texts

_CHUNK: Final = 1024 * 1024
_LOCAL: Final = "fs"


@dataclass(frozen=True, slots=True)
class Keeping:
    """The storage place in words, and whether the bytes are `there` as far as can be told without reading them.

    None: only the place itself could tell, which is elsewhere.
    """

    place: str
    there: bool | None

    @classmethod
    def of(cls, ctx: PluginContext, asset: Asset, texts: Texts) -> Keeping:
        """Looks at the file where it is one on this computer."""
        names = {_LOCAL: texts.gettext("Local folder"), "s3": texts.gettext("S3 server")}
        return cls(names.get(asset.storage_provider, asset.storage_provider), _is_there(ctx, asset))


def _is_there(ctx: PluginContext, asset: Asset) -> bool | None:
    try:
        path = ctx.storage.local_file(asset)
        if path is None:
            return False if asset.storage_provider == _LOCAL else None
        return path.stat().st_size == asset.byte_size
    except OSError:
        return False
    except FaceForgeError:  # of a provider that is not here any more
        return None


def check(ctx: PluginContext, asset: Asset) -> Literal["whole", "missing", "altered", "unreachable"]:
    """Read all bytes and compare them with what was stored."""
    digest = hashlib.sha256()
    try:
        reader = ctx.storage.open(asset)
        try:
            while piece := reader.read(_CHUNK):
                digest.update(piece)
        finally:
            reader.close()
    except IntegrityError as error:
        ctx.log.warning("The bytes of %s are not all there: %s", asset.asset_id, error)
        return "missing"
    except FaceForgeError as error:
        ctx.log.warning("The bytes of %s could not be read: %s", asset.asset_id, error)
        return "unreachable"
    return "whole" if digest.hexdigest() == asset.content_hash else "altered"
