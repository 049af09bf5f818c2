"""The real ExifTool: found where `faceforge tools use` puts it, and read right with all the options."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from faceforge_builtins.exiftool.extractor import BATCH, Extractor
from faceforge_builtins.exiftool.pool import Pool
from faceforge_builtins.exiftool.program import Finder, Usable
from faceforge_sdk import AssetExtractor, FileToRead
from faceforge_sdk.models import Asset
from faceforge_sdk.models.examples import ASSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faceforge_sdk import Extracted

MEDIA = Path(__file__).parents[1] / "fixtures" / "media"
LOG = logging.getLogger("faceforge.test.exiftool")


@pytest.fixture
def exiftool(require_tool: Callable[[str], str]) -> Path:
    return Path(require_tool("exiftool"))


@pytest.fixture
def extractor(exiftool: Path, tmp_path: Path) -> Iterator[Extractor]:
    pool = Pool()
    yield Extractor(Finder(tmp_path / "tools", str(exiftool), LOG), pool)
    pool.close()


def asset(filename: str) -> Asset:
    return Asset.model_validate({**ASSET, "filename": filename})


@pytest.fixture
def read(extractor: Extractor, tmp_path: Path) -> Callable[[bytes, str], Extracted]:
    """Reads bytes as the file that Core would show for a file of this name."""

    def read(content: bytes, filename: str) -> Extracted:
        path = tmp_path / f"{hashlib.sha256(content).hexdigest()}{Path(filename).suffix}"
        path.write_bytes(content)
        [found] = extractor.extract([FileToRead(asset(filename), path)])
        return found

    return read


def film(created: int) -> bytes:
    """The smallest MP4 that has a date (in seconds since 1904, UTC) and a length of 83 s."""

    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(content), kind) + content

    header = struct.pack(">IIIII", 0, created, created, 1000, 83_000) + struct.pack(">IH", 0x10000, 0x100) + bytes(10)
    header += struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000) + bytes(24) + struct.pack(">I", 2)
    return box(b"ftyp", b"isom" + bytes(4) + b"isom") + box(b"moov", box(b"mvhd", header))


def test_x01_a_picture_with_a_place_says_what_it_is(read: Callable[[bytes, str], Extracted]) -> None:
    begun = time.monotonic()
    found = read((MEDIA / "lake.jpg").read_bytes(), "lake.jpg")
    assert time.monotonic() - begun < 30
    assert found.problem is None
    assert found.facts.model_dump(exclude_none=True) == {
        "media_type": "image/jpeg",
        "width": 30,
        "height": 40,
        "orientation": 6,
        "taken_at": "2023-06-04T15:20:30.250",
        "taken_offset": "+02:00",
        "latitude": 52.52,
        "longitude": -13.405,
    }
    assert set(found.words) == {"Canon", "EOS R5", "At the lake", "summer", "Anna", "Ulm", "Clara"}
    data = found.data or {}
    assert data["IFD0:Model"] == "EOS R5"
    assert data["XMP-dc:Subject"] == ["summer", "Anna"]
    assert data["XMP-mwg-rs:RegionInfo"]["RegionList"][0]["Name"] == "Clara"
    assert data["System:FileSize"]


def test_nothing_of_what_is_kept_depends_on_where_when_or_by_whom_it_was_read(
    read: Callable[[bytes, str], Extracted], tmp_path: Path
) -> None:
    content = (MEDIA / "lake.jpg").read_bytes()
    first = read(content, "lake.jpg")
    for path in tmp_path.glob("*.jpg"):
        os.utime(path, (1, 1))
    assert read(content, "lake.jpg").data == first.data
    assert str(tmp_path) not in json.dumps(first.data)
    assert not {"SourceFile", "ExifTool:ExifToolVersion", "ExifTool:NewGUID", "System:FileName"} & set(first.data or {})


def test_a_film_says_when_in_utc_and_how_long(read: Callable[[bytes, str], Extracted]) -> None:
    facts = read(film(3_765_000_000), "film.mp4").facts
    assert (facts.media_type, facts.duration_seconds) == ("video/mp4", 83.0)
    assert (facts.taken_at, facts.taken_offset) == ("2023-04-22T09:20:00.000", "+00:00")
    assert read(film(0), "film.mp4").facts.taken_at is None


def test_a_document_says_how_many_pages_it_has(read: Callable[[bytes, str], Extracted], tmp_path: Path) -> None:
    pages = [Image.new("RGB", (40, 30)) for _ in range(3)]
    pages[0].save(tmp_path / "a.pdf", save_all=True, append_images=pages[1:], title="Three pages")
    found = read((tmp_path / "a.pdf").read_bytes(), "a.pdf")
    assert (found.facts.media_type, found.facts.page_count) == ("application/pdf", 3)
    assert "Three pages" in found.words


def test_what_nobody_knows_does_no_harm(read: Callable[[bytes, str], Extracted]) -> None:
    for content, filename in ((b"", "empty.jpg"), (b"\0" * 100, "zeros.bin"), (b"text", "no extension")):
        found = read(content, filename)
        assert found.facts.width is None
        assert found.facts.taken_at is None


def test_x09_a_file_that_is_gone_by_then_is_a_problem_of_its_own(extractor: Extractor, tmp_path: Path) -> None:
    there, gone = (FileToRead(asset("a.jpg"), tmp_path / f"{number:064x}.jpg") for number in (1, 2))
    shutil.copy(MEDIA / "lake.jpg", there.path)
    found = extractor.extract([there, gone, there])
    assert [one.facts.width for one in found] == [30, None, 30]
    assert found[1].problem == "ExifTool can't read it: it says nothing about the file."


def test_a_batch_is_answered_in_order(extractor: Extractor, tmp_path: Path) -> None:
    files = []
    for width in range(1, BATCH + 1):
        path = tmp_path / f"{width:064x}.png"
        Image.new("L", (width, 2)).save(path)
        files.append(FileToRead(asset("a.png"), path))
    assert [found.facts.width for found in extractor.extract(files)] == [*range(1, BATCH + 1)]


def test_large_previews_are_left_out(read: Callable[[bytes, str], Extracted], exiftool: Path, tmp_path: Path) -> None:
    (tmp_path / "preview.jpg").write_bytes((MEDIA / "lake.jpg").read_bytes() * 4)
    picture = tmp_path / "with.jpg"
    shutil.copy(MEDIA / "lake.jpg", picture)
    command = [str(exiftool), "-q", "-ThumbnailImage<=" + str(tmp_path / "preview.jpg"), str(picture)]
    subprocess.run(command, check=True)
    found = read(picture.read_bytes(), "with.jpg")
    assert "IFD1:ThumbnailImage" not in (found.data or {})
    assert "IFD1:ThumbnailLength" in (found.data or {})
    assert (found.facts.width, found.facts.height) == (30, 40)


@pytest.mark.parametrize(
    ("filename", "accepted"),
    [
        *((name, True) for name in ("a.jpg", "a.JPG", "a.pdf", "meta.jsonx", "thumb.dbx", "no extension", "a.bin")),
        *((f"a{end}", False) for end in ("_meta.json", "_directorymeta.json", ".cover", ".thumb", ".thumbs")),
        *((f"a{end}", False) for end in (".thumbdb", ".thumbindex", ".thumbnail", ".csv", ".htm", ".html", ".json")),
        *((f"a{end}", False) for end in (".tsv", ".xml", ".XML", ".Json")),
        *((f"{name}.db", False) for name in ("thumb", "Thumbs", "thumbdb", "thumbindex", "thumbnail")),
    ],
)
def test_companion_files_and_texts_are_not_read(tmp_path: Path, filename: str, accepted: bool) -> None:
    assert Extractor(Finder(tmp_path, None, LOG), Pool()).accepts(asset(filename)) is accepted


@pytest.mark.skipif(sys.platform == "win32", reason="a script is copied")
def test_the_copy_that_tools_use_makes_is_found_and_works(exiftool: Path, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    command = [
        sys.executable,
        "-m",
        "faceforge_core",
        "tools",
        "use",
        "exiftool",
        str(exiftool),
        "--home",
        str(tmp_path),
    ]
    subprocess.run(command, check=True, capture_output=True)
    found = Finder(tmp_path / "tools", None, LOG).find()
    assert isinstance(found, Usable)
    assert found.path == tmp_path / "tools" / "exiftool"
    pool = Pool()
    path = tmp_path / f"{0:064x}.jpg"
    shutil.copy(MEDIA / "lake.jpg", path)
    [read] = Extractor(Finder(tmp_path / "tools", None, LOG), pool).extract([FileToRead(asset("a.jpg"), path)])
    pool.close()
    assert read.facts.width == 30


def extractors(core: Any) -> list[AssetExtractor]:
    return [one.value for one in core.kernel.plugins.contributed(AssetExtractor) if one.value.name == "exiftool"]


def test_it_offers_itself_unless_it_is_switched_off(start_core: Any) -> None:
    core = start_core()
    [offered] = extractors(core)
    assert (offered.source, offered.batch, offered.ready()) == ("ExifTool", 32, False)

    answer = core.client.put("/v1/plugins/faceforge.exiftool/config", json={"config": {"exiftool_enabled": False}})
    assert answer.status_code == 200, answer.text

    assert extractors(core) == []
    kept = json.loads((core.home / "config" / "core.json").read_text())["tools"]
    assert kept["exiftool_enabled"] is False


def test_it_is_ready_as_soon_as_it_is_there(start_core: Any, exiftool: Path) -> None:
    core = start_core()
    [offered] = extractors(core)
    assert not offered.ready()
    (core.home / "tools").mkdir(exist_ok=True)
    shutil.copy(exiftool, core.home / "tools" / "exiftool")
    assert offered.ready()
