"""Uploads: whole, durable and described, or refused without a trace."""

from __future__ import annotations

import hashlib
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.storage.description import display_name, media_type
from faceforge_sdk.errors import InsufficientStorage, InvalidInput, PayloadTooLarge, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_sdk.models import Asset

    Change = Callable[[Any], None]

MIB = 1024 * 1024


@pytest.mark.parametrize("size", [1, 5000, MIB - 1, MIB, MIB + 1, 3 * MIB + 7])
def test_what_is_stored_reads_back_and_is_named_by_its_hash(house: Any, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]

    with house.storage.begin_upload() as upload:
        for start in range(0, size, 70_000):
            upload.write(memoryview(content)[start : start + 70_000])
        asset: Asset = upload.commit(filename="a.bin", content_type="image/png", kind=" portrait ")

    assert asset.asset_id == asset.content_hash == hashlib.sha256(content).hexdigest()
    assert (asset.byte_size, asset.mime_type, asset.kind) == (size, "image/png", "portrait")
    assert asset.storage_key == f"files/{asset.asset_id[:2]}/{asset.asset_id}"
    assert house.content_of(asset) == content
    assert house.files() == [asset.asset_id]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_a11_blobs_and_their_folders_are_the_owners_alone(house: Any) -> None:
    blob = house.blob(house.store(b"private"))

    assert stat.S_IMODE(blob.stat().st_mode) == 0o600
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (blob.parent, blob.parent.parent)] == [0o700, 0o700]


def test_an_upload_that_is_left_without_commit_leaves_nothing(house: Any) -> None:
    with house.storage.begin_upload() as upload:
        upload.write(b"x" * 3 * MIB)
        assert len(house.files()) == 1
    assert house.files() == []


def test_an_error_in_the_middle_leaves_nothing(house: Any) -> None:
    def break_off() -> None:
        with house.storage.begin_upload() as upload:
            upload.write(b"x" * 3 * MIB)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        break_off()
    assert (house.files(), house.rows()) == ([], 0)


@pytest.mark.parametrize(
    "sidecar",
    [
        b"\xff\xfe{}",
        b"not json",
        b"null",
        b'""',
        b"1" * 5000,
        b'"' + b"x" * MIB + b'"',
        b"[" * 65 + b"]" * 65,
        b'{"a": NaN}',
        b'"\\ud800"',
    ],
)
def test_v24_a_bad_sidecar_keeps_nothing(house: Any, sidecar: bytes) -> None:
    with pytest.raises(InvalidInput):
        house.store(b"x" * 2 * MIB, sidecar=sidecar)
    assert (house.files(), house.rows()) == ([], 0)


def test_v24_an_empty_file_keeps_nothing(house: Any) -> None:
    with pytest.raises(InvalidInput):
        house.store(b"")
    assert (house.files(), house.rows()) == ([], 0)


@pytest.mark.parametrize("sidecar", [b"0", b"false", b"[]", b"{}", b'"text"', '{"é": [1]}'.encode()])
def test_any_other_json_is_a_sidecar(house: Any, sidecar: bytes) -> None:
    asset = house.store(b"with a sidecar", sidecar=sidecar)

    [entry] = asset.meta["metadata"]
    assert (entry["Source"], entry["Type"], entry["Name"]) == ("UserSidecar", "JsonMetadata", "_meta.json")
    assert entry["NameHashes"] is None


@pytest.mark.parametrize("name", ["../../x", "..\\..\\x", "C:\\x", "CON", "a/b", ".", "..", "été-中.png", 'a"b;c.txt'])
def test_v14_a_name_is_text_to_show_and_never_a_path(house: Any, name: str) -> None:
    asset = house.store(name.encode(), filename=name)

    assert asset.filename == name
    assert house.blob(asset).read_bytes() == name.encode()
    assert house.files() == [asset.asset_id]


def test_v14_a_long_name_is_cut_and_keeps_its_suffix() -> None:
    assert display_name("n" * 300 + ".jpeg") == "n" * 250 + ".jpeg"
    assert display_name("n" * 300) == "n" * 255


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "a\ud800b"])
def test_v14_a_name_that_cannot_be_shown_is_refused(house: Any, name: str) -> None:
    with pytest.raises(InvalidInput):
        house.store(b"x", filename=name)
    assert (house.files(), house.rows()) == ([], 0)


@pytest.mark.parametrize("kind", ["", " ", "k" * 101, "a\0"])
def test_a_kind_is_a_short_word(house: Any, kind: str) -> None:
    with pytest.raises(InvalidInput):
        house.store(b"x", kind=kind)


@pytest.mark.parametrize(
    "sent",
    [
        "image/png",
        "text/plain; charset=utf-8",
        'text/plain;charset="a;b\\"c" ; x=y',
        "application/vnd.x+json;",
        "IMAGE/X-Y.z",
    ],
)
def test_v16_a_valid_media_type_is_kept_as_it_was_sent(sent: str) -> None:
    assert media_type(sent, "a.bin") == sent


@pytest.mark.parametrize(
    "sent",
    ["text/plain\x7f", "x" * 10_000, 'a/b; x="\n"', "png", "", "a/b/c", "image/png; x", "a/b" + "; " * 126 + "!", None],
)
def test_v16_what_is_no_media_type_is_replaced_by_a_guess(sent: str | None) -> None:
    assert media_type(sent, "a.png") == "image/png"
    assert media_type(sent, "http://x/y.unknown") == "application/octet-stream"
    assert media_type(sent, "archive.tar.gz") == "application/gzip"


def test_r02_one_byte_past_the_limit_is_refused_while_writing(house: Any) -> None:
    house.limits["upload_bytes"] = 3 * MIB
    with house.storage.begin_upload() as upload:
        upload.write(b"x" * 3 * MIB)
        upload.commit(filename="as large as allowed", content_type=None)
    before = house.files()

    with house.storage.begin_upload() as upload:
        upload.write(b"y" * 3 * MIB)
        with pytest.raises(PayloadTooLarge):
            upload.write(b"y")
    assert house.files() == before


def test_r03_a_size_that_would_eat_into_the_reserve_is_refused_before_a_byte_is_read(house: Any) -> None:
    house.limits["free_space_reserve_bytes"] = 2**62

    with pytest.raises(InsufficientStorage) as refused:
        house.storage.begin_upload(expected_size=1)
    assert isinstance(refused.value.details, dict)
    assert refused.value.details["reserve_bytes"] == 2**62


def test_r03_the_reserve_is_watched_while_a_body_of_unknown_size_comes_in(house: Any) -> None:
    with house.storage.begin_upload() as upload:
        upload.write(b"x" * 2 * MIB)
        house.limits["free_space_reserve_bytes"] = 2**62
        with pytest.raises(InsufficientStorage):
            upload.write(b"x" * 2 * MIB)
    assert house.files() == []


def test_d17_the_same_file_twenty_times_at_once_is_one_asset(house: Any) -> None:
    content = b"the same" * 100_000

    with ThreadPoolExecutor(20) as pool:
        stored = list(pool.map(lambda number: house.store(content, filename=f"{number}.bin"), range(20)))

    assert len({asset.asset_id for asset in stored}) == 1
    assert (house.rows(), house.files()) == (1, [stored[0].asset_id])
    assert house.content_of(stored[0]) == content
    assert not house.home.quarantine_dir.exists()


def test_d18_a_second_upload_adds_its_sidecar_once_and_keeps_the_first_name(house: Any) -> None:
    house.store(b"same", filename="first.txt", sidecar=b'{"n": 1}')
    house.store(b"same", filename="second.txt", sidecar=b'{"n": 2}')
    asset = house.store(b"same", filename="third.txt", sidecar=b'{"n": 2}')

    assert asset.filename == "first.txt"
    assert [entry["Data"] for entry in asset.meta["metadata"]] == [{"n": 1}, {"n": 2}]


def test_bytes_whose_asset_lies_in_the_trash_bring_it_back(house: Any) -> None:
    asset = house.store(b"thrown away")
    house.assets.delete(asset.asset_id)

    assert house.store(b"thrown away").asset_id == asset.asset_id
    assert house.assets.get(asset.asset_id).asset_id == asset.asset_id


def test_what_a_dead_core_left_in_staging_is_cleared_at_start(house: Any) -> None:
    (house.home.staging_dir / "upload-0123.part").write_bytes(b"half")
    (house.home.staging_dir / "not-ours.txt").write_bytes(b"kept")

    assert house.storage.clear_staging() == 1
    assert house.files() == ["not-ours.txt"]


def test_d07_a_home_that_was_deleted_under_a_running_core_is_not_made_anew(house: Any) -> None:
    asset = house.store(b"there")
    house.home.assets_dir.rename(house.home.root / "elsewhere")

    with pytest.raises(StorageUnavailable):
        house.store(b"nowhere to go")
    with pytest.raises(StorageUnavailable):
        house.storage.open(asset)
    assert not house.home.assets_dir.exists()
