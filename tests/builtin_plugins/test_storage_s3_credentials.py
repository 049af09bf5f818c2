"""The keys of S3 come from core.json, else the environment, else a file, and are never told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from faceforge_builtins.storage_s3.credentials import ACCESS_KEY, SECRET_KEY, with_keys
from faceforge_builtins.storage_s3.settings import S3Settings
from faceforge_sdk.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FROM_ENVIRONMENT = {ACCESS_KEY: "env-access", SECRET_KEY: " env-secret "}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"access_key": "file-access", "secret_key": "file-secret", "more": 1}))
    return path


def keys_of(folder: Path, environ: Mapping[str, str], **settings: str) -> tuple[str | None, str | None]:
    found = with_keys(S3Settings.model_validate(settings), environ, folder)
    return found.access_key, found.secret_key


def test_the_first_place_that_has_both_keys_counts(tmp_path: Path, file: Path) -> None:
    in_core_json = {"access_key": "core-access", "secret_key": "core-secret"}
    name = {"credentials_file": file.name}
    assert keys_of(tmp_path, FROM_ENVIRONMENT, **in_core_json, **name) == ("core-access", "core-secret")
    assert keys_of(tmp_path, FROM_ENVIRONMENT, **name) == ("env-access", "env-secret")
    assert keys_of(tmp_path, {}, **name) == ("file-access", "file-secret")
    assert keys_of(tmp_path, {}, credentials_file=str(file)) == ("file-access", "file-secret")
    assert keys_of(tmp_path, {}) == (None, None)


def test_half_a_pair_in_the_environment_is_none(tmp_path: Path) -> None:
    assert keys_of(tmp_path, {ACCESS_KEY: "env-access"}) == (None, None)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"access_key": "top-secret"}', '{"access_key": "", "secret_key": 5}']
)
def test_a_file_without_keys_is_named_and_what_it_holds_is_not(tmp_path: Path, file: Path, content: str) -> None:
    file.write_text(content)
    with pytest.raises(InvalidInput, match=r"keys\.json") as caught:
        keys_of(tmp_path, {}, credentials_file="keys.json")
    assert "top-secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"missing\.json"):
        keys_of(tmp_path, {}, credentials_file="missing.json")
