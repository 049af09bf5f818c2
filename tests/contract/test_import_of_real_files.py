"""Hundreds of real files, as this computer has them, come in byte for byte."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import random
import struct
import sys
import tarfile
import wave
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

import PIL
from PIL import Image

WANTED = 600
PER_TYPE = 40
LARGEST = 2_000_000
PLACES = (Path(PIL.__file__).parents[1], Path(sys.prefix), Path("/usr/share"), Path("/usr/lib"))


def found_files() -> Iterator[Path]:
    """Files of this computer, of many types and few of each."""
    seen: Counter[str] = Counter()
    for place in PLACES:
        for folder, _, names in os.walk(place):
            for name in sorted(names):
                path = Path(folder) / name
                ending = path.suffix.lower()
                if seen[ending] < PER_TYPE and usable(path):
                    seen[ending] += 1
                    yield path


def usable(path: Path) -> bool:
    try:
        if path.is_symlink() or not path.is_file() or not 0 < path.stat().st_size <= LARGEST:
            return False
        with path.open("rb") as file:
            file.read(1)
    except OSError:
        return False
    return not path.name.lower().endswith("_meta.json")


def made_files() -> dict[str, bytes]:
    """What installed packages may lack: pictures, sound, archives, documents, and broken ones of each."""
    picture = Image.new("RGB", (64, 48), "orange")
    made = {f"picture.{ending}": saved(picture, kind) for ending, kind in PICTURES.items()}
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        file.writeframes(struct.pack("<400h", *(number * 50 for number in range(400))))
    archive, tape = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("inside.txt", "zipped")
    with tarfile.open(fileobj=tape, mode="w:gz") as packed:
        packed.addfile(tarfile.TarInfo("inside"), io.BytesIO())
    made |= {
        "sound.wav": sound.getvalue(),
        "sound.mp3": b"ID3\x03\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x00" + bytes(413),
        "film.mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(64),
        "document.pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
        "archive.zip": archive.getvalue(),
        "archive.tar.gz": tape.getvalue(),
        "text.gz": gzip.compress(b"text"),
        "text.zz": zlib.compress(b"text"),
        "one byte": b"\x00",
        "-option": b"a name like an option",
        "a name with  spaces and 'quotes' & %20 #.txt": b"odd name",
        "日本語.txt": "日本語".encode(),
        "random.bin": random.Random(1).randbytes(3_000_000),
    }
    whole = [name for name in made if name.startswith(("picture", "sound", "film", "archive", "document"))]
    return made | {f"cut {name}": made[name][: len(made[name]) // 2] for name in whole}


PICTURES = {"jpg": "JPEG", "png": "PNG", "gif": "GIF", "bmp": "BMP", "tiff": "TIFF", "webp": "WEBP", "ico": "ICO"}


def saved(picture: Any, kind: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_hundreds_of_real_files_of_many_types_come_in_byte_for_byte(
    fresh_imports: Any, folder: Path, rows: Any
) -> None:
    contents: dict[str, bytes] = {}
    for number, path in zip(range(WANTED), found_files(), strict=False):
        contents[f"{number % 20:02}/{number:03} {path.name}"] = path.read_bytes()
    contents |= {f"made/{name}": content for name, content in made_files().items()}
    for name, content in contents.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    assert len(contents) > 500
    assert len({Path(name).suffix.lower() for name in contents}) > 25

    job = fresh_imports.run(folder)

    result = job["result"]
    distinct = {sha256(content): len(content) for content in contents.values()}
    assert (job["status"], result["errors"], result["warnings"]) == ("succeeded", 0, 0)
    assert (result["imported"], result["skipped_existing"]) == (len(distinct), len(contents) - len(distinct))
    home = fresh_imports.core.home
    stored = rows(home, "SELECT content_hash, byte_size, storage_key FROM assets")
    assert {row["content_hash"]: row["byte_size"] for row in stored} == distinct
    for row in stored:
        assert sha256((home / "assets" / row["storage_key"]).read_bytes()) == row["content_hash"]
    assert all((folder / name).read_bytes() == content for name, content in contents.items()), "the originals stay"
    assert fresh_imports.run(folder)["result"]["unchanged"] == len(contents)
