"""Reading stored bytes: exactly those of the row, or an error before the first one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_sdk import files
from faceforge_sdk.errors import IntegrityError
from faceforge_sdk.files import FileReader

if TYPE_CHECKING:
    from pathlib import Path


def test_any_range_reads_exactly_its_bytes(house: Any) -> None:
    content = bytes(range(256)) * 40
    asset = house.store(content)

    for start, end in [(0, 10240), (0, 1), (5, 5), (10239, 10240), (100, 5000)]:
        reader = house.storage.open(asset, start, end)
        try:
            parts = list(iter(lambda reader=reader: reader.read(999), b""))
        finally:
            reader.close()
        assert b"".join(parts) == content[start:end]


def test_many_readers_of_one_file_do_not_disturb_each_other(house: Any) -> None:
    asset = house.store(b"0123456789")
    one, two = house.storage.open(asset, 0), house.storage.open(asset, 5)

    assert (one.read(2), two.read(2), one.read(2), two.read(9), one.read(9)) == (b"01", b"56", b"23", b"789", b"456789")
    one.close()
    two.close()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda blob: blob.unlink(), "missing"),
        (lambda blob: os.truncate(blob, 3), "size"),
        (lambda blob: blob.write_bytes(b"longer than before"), "size"),
        (lambda blob: (blob.unlink(), blob.mkdir()), "missing"),
    ],
    ids=["deleted", "short", "long", "folder"],
)
def test_d13_missing_or_wrong_bytes_are_an_error_before_the_first_byte(house: Any, damage: Any, reason: str) -> None:
    asset = house.store(b"0123456789")
    damage(house.blob(asset))

    with pytest.raises(IntegrityError) as broken:
        house.storage.open(asset)
    assert broken.value.details == {"asset_id": asset.asset_id, "reason": reason}


def test_a_file_cut_while_it_is_read_never_looks_complete(house: Any) -> None:
    asset = house.store(b"0123456789")
    reader = house.storage.open(asset)
    assert reader.read(4) == b"0123"
    os.truncate(house.blob(asset), 4)

    with pytest.raises(IntegrityError):
        reader.read(4)
    reader.close()


def test_m06_a_row_of_v019_that_names_its_source_is_served_from_there(house: Any, tmp_path: Path) -> None:
    source = tmp_path / "the user's own.jpg"
    source.write_bytes(b"outside")
    asset = house.placed(house.store(b"outside"), "", {"source": {"path": str(source)}})

    assert house.content_of(asset) == b"outside"
    assert house.storage.local_file(asset) == source

    source.write_bytes(b"edited since")
    with pytest.raises(IntegrityError):
        house.storage.open(asset)
    source.unlink()
    with pytest.raises(IntegrityError):
        house.storage.open(asset)
    assert house.storage.local_file(asset) is None


@pytest.mark.parametrize("meta", [{}, {"source": None}, {"source": {"path": 5}}, {"source": {"path": "a\0b"}}])
def test_a_row_that_names_no_place_is_an_error_and_no_crash(house: Any, meta: dict[str, Any]) -> None:
    asset = house.placed(house.store(b"x"), "", meta)

    with pytest.raises(IntegrityError):
        house.storage.open(asset)


@pytest.mark.parametrize("key", ["../../db/core.sqlite3", "/etc/passwd", "files/../../x", "C:\\x", "files\\x", "a\0"])
def test_a_key_never_leads_out_of_the_assets_folder(house: Any, key: str) -> None:
    asset = house.placed(house.store(b"x"), key)

    with pytest.raises(IntegrityError):
        house.storage.open(asset)


def test_the_local_file_is_the_blob(house: Any) -> None:
    asset = house.store(b"x")

    assert house.storage.local_file(asset) == house.blob(asset)
    house.blob(asset).unlink()
    assert house.storage.local_file(asset) is None


def test_what_is_ready_and_what_has_to_be_waited_for_make_the_whole_range(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 4096)
    with FileReader(path, 1000, 900_000) as reader:
        pieces = []
        while piece := reader.read_ready(70_000) or reader.read(50_000):
            pieces.append(piece)
    assert b"".join(pieces) == (bytes(range(256)) * 4096)[1000:900_000]


def test_a_system_that_can_not_tell_what_is_ready_reads_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_NOWAIT", None)
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with FileReader(path, 0, 7) as reader:
        assert reader.read_ready(7) is None
        assert reader.read(7) == b"content"
