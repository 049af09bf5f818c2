"""The S3 provider with servers that work: stored whole, read to the byte, kept here until proven."""

from __future__ import annotations

import hashlib
import json
import os
import random
import threading
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from pydantic import ValidationError

from faceforge_builtins.storage_s3.settings import ObjectKey, Patience, S3Settings, TargetFinder
from faceforge_sdk import S3Endpoint
from faceforge_sdk.errors import InsufficientStorage, IntegrityError, StorageUnavailable
from faceforge_sdk.protocols import Network, StorageProvider
from faceforge_sdk.testing import FakeContributed
from faceforge_sdk.testing.providers import PROVIDER_CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LARGE = Patience().part_size + 5
NO_PROOF = Patience(prove_after=3600)


def content(size: int) -> bytes:
    return random.Random(size).randbytes(size)


@pytest.fixture
def house(server: Any, make_house: Callable[..., Any]) -> Any:
    return make_house(server.url, patience=replace(Patience(), prove_after=0.1))


def test_it_is_what_the_sdk_calls_a_storage_provider(make_house: Callable[..., Any]) -> None:
    provider = make_house("http://127.0.0.1:1", bucket="faceforge").provider
    assert isinstance(provider, StorageProvider)
    assert provider.name == "s3"
    assert provider.key_for("ab" * 32) == f"faceforge:assets/ab/{'ab' * 32}"


@pytest.mark.parametrize("check", PROVIDER_CHECKS, ids=lambda check: check.__name__)
def test_it_keeps_what_every_provider_promises(
    check: Callable[..., None], server: Any, make_house: Callable[..., Any], tmp_path: Path
) -> None:
    check(lambda: make_house(server.url).provider, tmp_path)


@pytest.mark.parametrize("size", [1, 100_000, LARGE], ids=["one byte", "small", "in parts"])
def test_what_is_put_is_there_under_its_key_and_reads_back(house: Any, server: Any, size: int) -> None:
    key = house.put(content(size))

    stored = server.client.get_object(Bucket=house.bucket, Key=key.partition(":")[2])["Body"].read()
    assert stored == content(size)
    assert house.provider.stat(key) == size
    assert house.read(key) == content(size)


def test_the_copy_stays_until_the_object_is_read_back_and_is_gone_then(house: Any) -> None:
    key = house.put(content(LARGE))
    assert house.provider.local_path(key).read_bytes() == content(LARGE)
    assert house.copies == [key[-64:]]

    with house.provider.cared_for():
        house.wait_until_proven(key)

    assert house.copies == []
    assert house.provider.local_path(key) is None
    assert house.provider.stat(key) == LARGE
    assert house.read(key) == content(LARGE)


def test_a_copy_of_a_former_process_is_proven_after_a_restart(
    house: Any, make_house: Callable[..., Any], server: Any
) -> None:
    key = house.put(content(1000))

    again = make_house(server.url)
    with again.provider.cared_for():
        again.wait_until_proven(key)

    assert again.read(key) == content(1000)


def test_ranges_are_exact_from_the_copy_and_from_the_server(house: Any) -> None:
    whole = content(300_000)
    key = house.put(whole)
    pieces = [(0, 1), (0, 300_000), (299_999, 300_000), (100, 250_000), (5, 5)]
    assert [house.read(key, *piece) for piece in pieces] == [whole[start:end] for start, end in pieces]

    with house.provider.cared_for():
        house.wait_until_proven(key)

    assert [house.read(key, *piece) for piece in pieces] == [whole[start:end] for start, end in pieces]


def test_reading_ahead_of_the_network_is_never_promised(house: Any) -> None:
    key = house.put(content(1000))
    with house.provider.cared_for():
        house.wait_until_proven(key)
    with house.provider.open(key, 0, 1000) as reader:
        assert reader.read_ready(10) is None
        assert reader.read(10) == content(1000)[:10]


def test_deleting_removes_copy_and_object_and_is_repeatable(house: Any, server: Any) -> None:
    key = house.put(content(1000))

    house.provider.delete(key)
    house.provider.delete(key)

    assert house.provider.stat(key) is None
    assert house.provider.local_path(key) is None
    assert "Contents" not in server.client.list_objects_v2(Bucket=house.bucket)
    with pytest.raises(IntegrityError):
        house.read(key, 0, 1)


def test_a_deleted_object_does_not_come_back_by_being_repaired(house: Any, server: Any) -> None:
    key = house.put(content(1000))
    with house.provider.cared_for():
        house.provider.delete(key)
        other = house.put(content(10))
        house.wait_until_proven(other)
    assert house.provider.stat(key) is None


def test_the_same_bytes_twenty_times_at_once_are_one_object(house: Any, tmp_path: Path) -> None:
    digest = hashlib.sha256(content(50_000)).hexdigest()
    failures: list[BaseException] = []

    def put(number: int) -> None:
        source = tmp_path / f"{number}.part"
        source.write_bytes(content(50_000))
        try:
            house.provider.put(house.provider.key_for(digest), source, digest, 50_000)
        except BaseException as error:  # noqa: BLE001  # shown by the test
            failures.append(error)
        assert not source.exists()

    threads = [threading.Thread(target=put, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failures == []
    assert house.copies == [digest]
    assert house.read(house.provider.key_for(digest)) == content(50_000)


def test_a_bucket_that_was_removed_is_made_again(house: Any, server: Any) -> None:
    house.provider.delete(house.put(content(10)))
    server.client.delete_bucket(Bucket=house.bucket)

    try:
        key = house.put(content(20))
    except StorageUnavailable:  # some servers make it by themselves, others say once that it is missing
        key = house.put(content(20))

    assert house.read(key) == content(20)


def test_there_is_no_room_for_the_copy(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from faceforge_builtins.storage_s3 import unproven

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(unproven, "replace", full)
    source = house.source(b"bytes")
    digest = hashlib.sha256(b"bytes").hexdigest()
    with pytest.raises(InsufficientStorage):
        house.provider.put(house.provider.key_for(digest), source, digest, 5)
    assert source.read_bytes() == b"bytes"


def test_where_nothing_can_be_renamed_from_the_copy_is_written_and_flushed(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from faceforge_builtins.storage_s3 import unproven

    real = unproven.replace

    def other_volume(source: Path, target: Path) -> None:
        if source.suffix == ".part":
            raise OSError(18, "Invalid cross-device link")
        real(source, target)

    monkeypatch.setattr(unproven, "replace", other_volume)
    key = house.put(content(100_000))
    assert house.provider.local_path(key).read_bytes() == content(100_000)
    assert not house.source(content(1)).with_suffix(".x").exists()


@pytest.mark.parametrize("key", ["", "assets/ab/" + "ab" * 32, "b:../../x", "../b:assets/ab/" + "ab" * 32, "b..c:x"])
def test_a_key_that_is_none_of_ours_reaches_neither_disk_nor_server(make_house: Callable[..., Any], key: str) -> None:
    provider = make_house("http://127.0.0.1:1").provider
    for attempt in (provider.stat, provider.local_path, provider.delete):
        with pytest.raises(IntegrityError):
            attempt(key)


# --- Which server


def found(settings: dict[str, Any], port: int | None = None, host: str = "127.0.0.1", *endpoints: S3Endpoint) -> Any:
    contributed = [FakeContributed("faceforge.seaweedfs", one) for one in endpoints]
    return TargetFinder(S3Settings.model_validate(settings), Network(host, port), lambda: contributed)()


def test_the_address_is_the_configured_one_else_host_and_port_of_the_home() -> None:
    assert found({"endpoint_url": "https://s3.test.invalid/"}, 8333).url == "https://s3.test.invalid"
    assert found({}, 8333).url == "http://127.0.0.1:8333"
    assert found({"use_ssl": True}, 8333, "192.0.2.7").url == "https://192.0.2.7:8333"
    assert found({}, 8333, "0.0.0.0").url == "http://127.0.0.1:8333"
    assert found({}, 8333, "::1").url == "http://[::1]:8333"
    with pytest.raises(StorageUnavailable, match="neither an address nor a port"):
        found({})


def test_what_another_plugin_runs_comes_before_the_configuration_and_is_not_asked_before_it_is_ready() -> None:
    own = S3Endpoint("own", "http://127.0.0.1:9", "its key", "its secret")
    target = found({"endpoint_url": "http://127.0.0.1:1", "access_key": "a", "secret_key": "b"}, 8333, "::1", own)
    assert (target.url, target.access_key, target.secret_key) == ("http://127.0.0.1:9", "its key", "its secret")
    assert "its secret" not in repr(target)
    with pytest.raises(StorageUnavailable, match="starting"):
        found({}, 8333, "::1", S3Endpoint("own", "http://127.0.0.1:9", "a", "b", ready=lambda: False))


@pytest.mark.parametrize(
    "settings",
    [
        {"bucket": "../x"},
        {"bucket": "a..b"},
        {"endpoint_url": "127.0.0.1:8333"},
        {"endpoint_url": "ftp://127.0.0.1"},
        {"endpoint_url": "http://me:secret@127.0.0.1"},
    ],
)
def test_what_makes_no_sense_is_refused_without_repeating_it(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        S3Settings.model_validate(settings)
    assert "me:secret" not in str(refused.value)


def test_the_schema_knows_the_same_settings_and_keeps_the_keys_to_itself() -> None:
    manifest = json.loads((files("faceforge_builtins.storage_s3") / "plugin.json").read_text(encoding="utf-8"))
    schema = manifest["config_schema"]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(S3Settings().model_dump(), schema)
    assert set(schema["properties"]) == set(S3Settings.model_fields)
    secret = {name for name, part in schema["properties"].items() if part.get("writeOnly")}
    assert secret == {"access_key", "secret_key"}


def test_nothing_of_the_users_own_aws_configuration_enters(
    make_house: Callable[..., Any], moto_server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    house = make_house(moto_server.url)
    assert house.read(house.put(b"mine")) == b"mine"


def test_object_keys_are_taken_apart_and_put_together() -> None:
    key = ObjectKey.of("b1", "cd" * 32)
    assert ObjectKey.parse(str(key)) == key
    assert os.sep not in key.bucket
