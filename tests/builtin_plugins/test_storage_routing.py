"""The routing rule: kind before size before default, as core.json says."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from faceforge_builtins.storage_routing.rule import Routing
from faceforge_sdk.protocols import UploadFacts


def choose(config: dict[str, Any], *, kind: str = "file", byte_size: int = 10) -> str:
    return Routing.model_validate(config).choose(UploadFacts(kind, "a.bin", "application/octet-stream", byte_size))


def test_nothing_configured_means_fs() -> None:
    assert choose({}) == "fs"


def test_kind_comes_before_size_and_size_before_the_default() -> None:
    config = {"default_provider": "vault", "kind_map": {"video": "tape"}, "s3_min_size_bytes": 100}

    assert choose(config, kind="video", byte_size=1000) == "tape"
    assert choose(config, byte_size=100) == "s3"
    assert choose(config, byte_size=99) == "vault"


@pytest.mark.parametrize(
    "config", [{"default_provider": 5}, {"kind_map": {"a": None}}, {"s3_min_size_bytes": -1}, {"kind_map": []}]
)
def test_what_makes_no_sense_is_refused_by_the_schema(config: dict[str, Any]) -> None:
    manifest = json.loads((files("faceforge_builtins.storage_routing") / "plugin.json").read_text(encoding="utf-8"))
    schema = manifest["config_schema"]
    jsonschema.Draft202012Validator.check_schema(schema)

    jsonschema.validate(Routing().model_dump(), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(config, schema)
