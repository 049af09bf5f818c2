"""A running Core for scripts and other programs, over HTTP. Needs httpx2: ``pip install faceforge-sdk[client]``.

::

    from faceforge_sdk.client import FaceForge

    with FaceForge.of_home() as ff:
        for entity in ff.entities.all(tag="friend"):
            print(entity.display_name)
        portrait = ff.assets.upload("ada.jpg", kind="portrait")
        ada = ff.entities.create(display_name="Ada Lovelace", tags=["friend"])
        ff.assets.link(ada.entity_id, portrait.asset_id, role="portrait")

What takes or gives a shape of the API takes or gives a model of `faceforge_sdk.models`; instead of the model its fields
may be given by name, as above. A list comes page by page with ``list`` and ``trash``, or whole with ``all``, which asks
for each page when it is needed. Errors are those of `faceforge_sdk.errors`, with what Core said; where none answers it
is a `CoreUnreachable`. A `FaceForge` may be used by several threads.
"""

from __future__ import annotations

import importlib.util

if importlib.util.find_spec("httpx2") is None:
    raise ImportError("faceforge_sdk.client needs httpx2: pip install 'faceforge-sdk[client]'")

from .assets import Assets
from .core import FaceForge
from .descriptors import Descriptors
from .entities import Entities
from .field_defs import FieldDefs
from .imports import ImportOptions, Imports
from .jobs import Jobs
from .plugins import Plugins
from .refusals import CoreUnreachable
from .relationships import Relationships
from .storage import Storage
from .system import System
from .trash import Trash

__all__ = [
    "Assets",
    "CoreUnreachable",
    "Descriptors",
    "Entities",
    "FaceForge",
    "FieldDefs",
    "ImportOptions",
    "Imports",
    "Jobs",
    "Plugins",
    "Relationships",
    "Storage",
    "System",
    "Trash",
]
