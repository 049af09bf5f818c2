"""What a file is, by its bytes: right, or nothing; whatever its name says, and however large or broken it is."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
import struct
import tarfile
import time
import wave
import zipfile
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from faceforge_builtins.ingest.sniffing import HEAD, Sniffed, sniff

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Look = Callable[..., Sniffed | None]

OFFICE = "application/vnd.openxmlformats-officedocument."


def picture(kind: str, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (8, 6)).save(out, kind)
    return out.getvalue()


def zipped(*names: str, mimetype: str | None = None, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        if mimetype is not None:
            archive.writestr(zipfile.ZipInfo("mimetype"), mimetype)
        for name in names:
            archive.writestr(name, "x" * 50)
        archive.comment = comment
    return out.getvalue()


def office(*names: str) -> bytes:
    return zipped("[Content_Types].xml", "_rels/.rels", *names)


def iso_media(major: bytes, *compatible: bytes) -> bytes:
    brands = major + bytes(4) + b"".join(compatible)
    return struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands + b"\0\0\0\x08free"


def matroska(document_type: bytes) -> bytes:
    return (
        b"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82" + bytes([0x80 | len(document_type)]) + document_type + bytes(40)
    )


def ogg(packet: bytes) -> bytes:
    return b"OggS\0\x02" + bytes(20) + b"\x01" + bytes([len(packet)]) + packet


def wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        sound.writeframes(bytes(100))
    return out.getvalue()


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return out.getvalue()


def database() -> bytes:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE t (a)")
        held = connection.serialize()
    connection.close()
    return held


def compound_file(stream: str) -> bytes:
    header = bytearray(512)
    header[:8], header[30:32], header[48:52] = bytes.fromhex("d0cf11e0a1b11ae1"), b"\x09\0", struct.pack("<I", 1)
    entries = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", stream))
    return bytes(header) + bytes(512) + entries.ljust(512, b"\0")


MP3 = (b"\xff\xfb\x90\x64" + bytes(413)) * 3
KINDS: dict[str, tuple[bytes, str | None]] = {
    "a.png": (picture("PNG"), "image/png"),
    "a.jpg": (picture("JPEG"), "image/jpeg"),
    "a.gif": (picture("GIF"), "image/gif"),
    "a.webp": (picture("WEBP"), "image/webp"),
    "a.bmp": (picture("BMP"), "image/bmp"),
    "a.tiff": (picture("TIFF"), "image/tiff"),
    "a.avif": (picture("AVIF"), "image/avif"),
    "a.ico": (picture("ICO"), "image/vnd.microsoft.icon"),
    "a.jp2": (picture("JPEG2000"), "image/jp2"),
    "a.ppm": (picture("PPM"), "image/x-portable-pixmap"),
    "a.heic": (iso_media(b"heic", b"mif1", b"heic"), "image/heic"),
    "a.heif": (iso_media(b"mif1", b"mif1"), "image/heif"),
    "a.cr3": (iso_media(b"crx ", b"isom"), "image/x-canon-cr3"),
    "naked.jxl": (b"\xff\x0a\xfa\x7f\x90" + bytes(30), "image/jxl"),
    "a.jxl": (b"\0\0\0\x0cJXL \r\n\x87\n" + iso_media(b"jxl "), "image/jxl"),
    "a.svg": (b'<?xml version="1.0"?><!-- by hand --><svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
    "naked.svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
    "a.psd": (b"8BPS\0\x01" + bytes(30), "image/vnd.adobe.photoshop"),
    "a.exr": (b"v/1\x01\x02" + bytes(30), "image/x-exr"),
    "a.pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"),
    "a.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "application/postscript"),
    "a.rtf": (b"{\\rtf1\\ansi Hello}", "application/rtf"),
    "a.docx": (office("word/document.xml"), f"{OFFICE}wordprocessingml.document"),
    "a.docm": (
        office("word/document.xml", "word/vbaProject.bin"),
        "application/vnd.ms-word.document.macroEnabled.12",
    ),
    "a.xlsx": (office("xl/workbook.xml"), f"{OFFICE}spreadsheetml.sheet"),
    "a.pptx": (office("ppt/presentation.xml"), f"{OFFICE}presentationml.presentation"),
    "a.doc": (compound_file("WordDocument"), "application/msword"),
    "a.xls": (compound_file("Workbook"), "application/vnd.ms-excel"),
    "a.msi": (compound_file("Something"), "application/x-ole-storage"),
    "a.odt": (
        zipped("content.xml", mimetype="application/vnd.oasis.opendocument.text"),
        "application/vnd.oasis.opendocument.text",
    ),
    "a.epub": (zipped("META-INF/container.xml", mimetype="application/epub+zip"), "application/epub+zip"),
    "a.zip": (zipped("a.txt", "word/document.xml"), "application/zip"),
    "commented.zip": (zipped("a.txt", comment=b"PK\x05\x06 " * 20), "application/zip"),
    "empty.zip": (zipped(), "application/zip"),
    "a.jar": (zipped("META-INF/MANIFEST.MF", "A.class"), "application/java-archive"),
    "a.3mf": (office("3D/3dmodel.model"), "model/3mf"),
    "a.usdz": (zipped("scene.usdc"), "model/vnd.usdz+zip"),
    "a.7z": (b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(24), "application/x-7z-compressed"),
    "a.rar": (b"Rar!\x1a\x07\x01\0" + bytes(20), "application/vnd.rar"),
    "a.gz": (gzip.compress(b"hello"), "application/gzip"),
    "a.bz2": (bz2.compress(b"hello"), "application/x-bzip2"),
    "a.xz": (lzma.compress(b"hello"), "application/x-xz"),
    "a.zst": (b"\x28\xb5\x2f\xfd\x24\x05" + bytes(20), "application/zstd"),
    "a.tar": (tar(), "application/x-tar"),
    "tagged.mp3": (b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + MP3, "audio/mpeg"),
    "a.mp3": (MP3, "audio/mpeg"),
    "a.aac": ((b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9)) * 3, "audio/aac"),
    "a.flac": (b"fLaC\0\0\0\x22" + bytes(34), "audio/flac"),
    "tagged.flac": (b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + b"fLaC" + bytes(34), "audio/flac"),
    "a.ogg": (ogg(b"\x01vorbis" + bytes(23)), "audio/ogg"),
    "a.opus": (ogg(b"OpusHead\x01\x02" + bytes(9)), "audio/ogg"),
    "a.ogv": (ogg(b"\x80theora\x03\x02" + bytes(33)), "video/ogg"),
    "a.wav": (wav(), "audio/wav"),
    "a.aiff": (b"FORM\0\0\0\x2eAIFFCOMM" + bytes(30), "audio/aiff"),
    "a.mid": (b"MThd\0\0\0\x06\0\x01\0\x01\0\x60", "audio/midi"),
    "a.m4a": (iso_media(b"M4A ", b"M4A ", b"mp42"), "audio/mp4"),
    "a.mp4": (iso_media(b"isom", b"iso2", b"mp41"), "video/mp4"),
    "a.mov": (iso_media(b"qt  ", b"qt  "), "video/quicktime"),
    "old.mov": (b"\0\0\x10\0moov" + bytes(30), "video/quicktime"),
    "a.3gp": (iso_media(b"3gp4"), "video/3gpp"),
    "a.mkv": (matroska(b"matroska"), "video/x-matroska"),
    "a.webm": (matroska(b"webm"), "video/webm"),
    "a.avi": (b"RIFF\x24\0\0\0AVI LIST" + bytes(30), "video/x-msvideo"),
    "a.ts": ((b"\x47" + bytes(187)) * 4, "video/mp2t"),
    "a.mpg": (b"\0\0\x01\xba\x44" + bytes(30), "video/mpeg"),
    "a.txt": ("Hello wörld, just some text.\n".encode(), "text/plain"),
    "letter.txt": (b"a", "text/plain"),
    "wide.txt": ("Hello wörld\n".encode("utf-16"), "text/plain"),
    "old.txt": ("Grüße aus Köln, schöne Straße\n".encode("latin-1"), "text/plain"),
    "a.html": (b"\n<!-- x --> <!DOCTYPE html>\n<html></html>", "text/html"),
    "piece.html": (b"<p>A piece</p>", "text/html"),
    "a.xml": (b'<?xml version="1.0" encoding="utf-8"?>\n<note/>', "application/xml"),
    "a.json": (b'{"a": [1, 2, 3], "b": null}\n', "application/json"),
    "a.csv": (b"name,age\nAda,36\n", "text/csv"),
    "a.md": (b"# Title\n\nSome *text*\n", "text/markdown"),
    "a.py": (b"import os\n", "text/x-python"),
    "script": (b"#!/usr/bin/env python3\nprint(1)\n", "text/x-python"),
    "run": (b"#!/bin/sh\necho 1\n", "text/x-shellscript"),
    "a.vcf": (b"BEGIN:VCARD\r\nVERSION:4.0\r\n", "text/vcard"),
    "a.elf": (b"\x7fELF\x02\x01\x01" + bytes(60), "application/x-elf"),
    "a.exe": (
        b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0" + bytes(60),
        "application/vnd.microsoft.portable-executable",
    ),
    "a.sqlite": (database(), "application/vnd.sqlite3"),
    "a.glb": (b"glTF\x02\0\0\0" + bytes(12), "model/gltf-binary"),
    "a.gltf": (b'{"asset": {"version": "2.0"}}', "model/gltf+json"),
    "a.obj": (b"# Blender\no Cube\nv 1.0 1.0 -1.0\nf 1 1 1\n", "model/obj"),
    "a.stl": (b"solid cube\n  facet normal 0 0 1\n    outer loop\n", "model/stl"),
    "binary.stl": (b"made by x".ljust(80, b"\0") + struct.pack("<I", 2) + bytes(100), "model/stl"),
    "a.blend": (b"BLENDER-v300REND" + bytes(40), "application/x-blender"),
    "a.fbx": (b"Kaydara FBX Binary  \0\x1a\0" + bytes(40), "model/x-fbx"),
    "a.ply": (b"ply\nformat ascii 1.0\n", "model/x-ply"),
    "a.step": (b"ISO-10303-21;\nHEADER;\n", "model/step"),
    "a.dae": (b'<?xml version="1.0"?>\n<COLLADA version="1.4.1"/>', "model/vnd.collada+xml"),
    "a.ttf": (b"\0\x01\0\0\0\x0c\0\x80\0\x03\0\x40OS/2" + bytes(40), "font/ttf"),
    "a.otf": (b"OTTO\0\x0c\0\x80\0\x03\0\x40CFF " + bytes(40), "font/otf"),
    "a.woff": (b"wOFF\0\x01\0\0" + bytes(36), "font/woff"),
    "a.woff2": (b"wOF2\0\x01\0\0" + bytes(44), "font/woff2"),
    # What only looks like something.
    "note.txt": (b"BM is a nice start of a note\n", "text/plain"),
    "list.txt": (b"MZ, PK, RIFF, OggS: four letters each.\n", "text/plain"),
    "true.txt": (b"true stories are rare\n", "text/plain"),
    "atoms.txt": (b"The mdat and moov atoms of old.\n", "text/plain"),
    "brief.txt": (b"Mr. ftyp is not a film.\n", "text/plain"),
    "log.txt": (b"{not json at all\n", "text/plain"),
    "noise": (bytes((i * 7919 + 13) % 251 for i in range(600)), None),
    "zeros": (bytes(100), None),
    "one": (b"\xff", None),
    "avi.cut": (b"RIFF", "text/plain"),
    "exe.cut": (b"MZ\x90\0", None),
    "zip.cut": (b"PK\x03\x04", "application/zip"),
    "ole.cut": (bytes.fromhex("d0cf11e0a1b11ae1"), "application/x-ole-storage"),
    "ogg.cut": (b"OggS\0", "application/ogg"),
    "mkv.cut": (b"\x1a\x45\xdf\xa3", None),
}


@pytest.fixture
def look(tmp_path: Path) -> Look:
    def of(content: bytes, name: str | None = None) -> Sniffed | None:
        file = tmp_path / "file"
        file.write_bytes(content)
        return sniff(file, name)

    return of


def named(found: Sniffed | None) -> str | None:
    return None if found is None else found.media_type


@pytest.mark.parametrize("name", KINDS)
def test_a_file_is_known_by_its_bytes(look: Look, name: str) -> None:
    content, media_type = KINDS[name]
    assert named(look(content, name)) == media_type


@pytest.mark.parametrize("name", [name for name, (_, kind) in KINDS.items() if kind and not kind.startswith("text/")])
def test_a_wrong_name_changes_nothing_but_the_kind_of_a_text(look: Look, name: str) -> None:
    content, media_type = KINDS[name]
    if name not in {"a.gltf", "a.obj"}:  # texts, which have to say it by their name
        assert named(look(content, "holiday.jpg")) == media_type
        assert named(look(content)) == media_type


@pytest.mark.parametrize("name", ["a.html", "a.txt", "a.csv", "a.py", "a.json", "a.svg"])
def test_a_text_that_is_called_a_picture_is_a_text(look: Look, name: str) -> None:
    found = named(look(KINDS[name][0], "a.jpg"))
    assert found is not None
    assert found.startswith("text/") or found in {"application/json", "image/svg+xml"}


def test_a_binary_file_that_is_called_a_text_is_none(look: Look) -> None:
    assert look(KINDS["noise"][0], "a.csv") is None
    assert look(b"name,age\nAda,\0\n", "a.csv") is None


def test_a_family_is_left_to_who_can_tell_its_members_apart(look: Look) -> None:
    assert look(picture("TIFF")) == Sniffed("image/tiff", sure=False)  # a DNG, an NEF and a CR2 begin the same
    assert look(KINDS["a.zip"][0]) == Sniffed("application/zip", sure=False)
    assert look(picture("JPEG")) == Sniffed("image/jpeg", sure=True)


def test_text_longer_than_what_is_read_is_text_although_a_letter_is_cut(look: Look) -> None:
    assert named(look(b"a" + "ö".encode() * HEAD, "a.txt")) == "text/plain"
    assert named(look(b'{"a": "' + b"x" * HEAD + b'"}', "a.json")) == "application/json"


def test_an_archive_with_a_great_many_names_is_read_in_bounds(look: Look) -> None:
    many = zipped("[Content_Types].xml", *(f"folder/{number:06}" for number in range(20_000)), "word/document.xml")
    began = time.thread_time()
    assert named(look(many)) == "application/zip"  # the name that says more stands beyond what is read
    assert time.thread_time() - began < 10


@pytest.mark.parametrize(
    "content",
    [
        b"<!-- -->" * 8_000 + b"<p>",
        b"<?xml ?>" * 8_000,
        b"<!DOCTYPE a [" + b"]" * 60_000,
        b"P6\n" + b"#\n" * 30_000,
        b"<" * 60_000,
    ],
    ids=["comments", "instructions", "doctype", "netpbm", "brackets"],
)
def test_no_content_takes_long(look: Look, content: bytes) -> None:
    began = time.thread_time()
    look(content, "a.html")
    assert time.thread_time() - began < 5


@pytest.mark.parametrize("name", KINDS)
def test_a_broken_end_harms_nothing(look: Look, name: str) -> None:
    content, _ = KINDS[name]
    for length in {1, 3, 5, 9, 13, 21, 29, 31, 45, 50, 63, len(content) // 2, max(1, len(content) - 1)}:
        look(content[:length], name)
