"""Who decides where bytes go, and what happens when that goes wrong: the file is stored all the same."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_builtins.storage_fs.provider import FileSystemProvider
from faceforge_core.owned import Owned
from faceforge_sdk.contributions import StorageRule
from faceforge_sdk.errors import StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faceforge_sdk.protocols import UploadFacts


class Vault(FileSystemProvider):
    """A second place, which can be closed or broken."""

    name = "vault"
    opened = True
    fault: Exception | None = None

    def available(self) -> bool:
        return self.opened and super().available()

    def put(self, key: str, source: Path, content_hash: str, byte_size: int) -> None:
        if self.fault is not None:
            raise self.fault
        super().put(key, source, content_hash, byte_size)


@pytest.fixture
def vault(house: Any, tmp_path: Path) -> Vault:
    place = tmp_path / "vault"
    place.mkdir()
    vault = Vault(place, tmp_path / "quarantine", logging.getLogger("vault"))
    house.providers.append(Owned("some.vault", vault))
    return vault


def rule(choose: Callable[[UploadFacts], Any], name: str = "rule") -> Owned[StorageRule]:
    return Owned("some.plugin", StorageRule(name, choose))


def test_the_first_rule_with_an_opinion_wins(house: Any, vault: Vault) -> None:
    house.rules += [
        rule(lambda facts: None),
        rule(lambda facts: "vault" if facts.kind == "model" else None),
        rule(lambda facts: "fs"),
    ]

    asset = house.store(b"a model", kind="model")

    assert asset.storage_provider == "vault"
    assert house.content_of(asset) == b"a model"
    assert house.store(b"a file").storage_provider == "fs"


def test_rules_are_asked_by_kind_name_type_and_size(house: Any) -> None:
    asked: list[UploadFacts] = []
    house.rules.append(rule(asked.append))

    house.store(b"12345", filename="a.png", kind="portrait")

    [facts] = asked
    assert (facts.kind, facts.filename, facts.mime_type, facts.byte_size) == ("portrait", "a.png", "image/png", 5)


def _exit(facts: UploadFacts) -> str:
    raise SystemExit(3)


def _recurse(facts: UploadFacts) -> str:
    return _recurse(facts)


@pytest.mark.parametrize("choose", [_exit, _recurse, lambda facts: 1 / 0, lambda facts: 5], ids=lambda _: "rule")
def test_p07_a_broken_rule_is_passed_over_with_a_warning_that_names_it(
    house: Any, vault: Vault, caplog: pytest.LogCaptureFixture, choose: Callable[[UploadFacts], Any]
) -> None:
    house.rules += [rule(choose, "broken"), rule(lambda facts: "vault")]

    assert house.store(b"x").storage_provider == "vault"
    assert "'broken' of some.plugin" in caplog.text


def test_an_unknown_provider_means_fs_and_one_warning(house: Any, caplog: pytest.LogCaptureFixture) -> None:
    house.rules.append(rule(lambda facts: "s3"))

    assert house.store(b"x").storage_provider == "fs"
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_closed_provider_means_fs(house: Any, vault: Vault) -> None:
    house.rules.append(rule(lambda facts: "vault"))
    vault.opened = False

    assert house.store(b"x").storage_provider == "fs"


def test_s01_a_provider_that_fails_means_fs(house: Any, vault: Vault, caplog: pytest.LogCaptureFixture) -> None:
    house.rules.append(rule(lambda facts: "vault"))
    vault.fault = StorageUnavailable("gone")

    asset = house.store(b"x" * 2_000_000)

    assert asset.storage_provider == "fs"
    assert house.files() == [asset.asset_id]
    assert "vault" in caplog.text


def test_s08_a_provider_whose_plugin_is_off_is_unavailable_and_metadata_stay(house: Any, vault: Vault) -> None:
    house.rules.append(rule(lambda facts: "vault"))
    asset = house.store(b"x")
    house.providers.pop()

    with pytest.raises(StorageUnavailable):
        house.storage.open(asset)
    with pytest.raises(StorageUnavailable):
        house.storage.local_file(asset)
    assert house.assets.get(asset.asset_id).storage_provider == "vault"
