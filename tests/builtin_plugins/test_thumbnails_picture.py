"""Decoding and scaling: every kind of picture, and what only claims to be one."""

from __future__ import annotations

import errno
import io
import os
import signal
import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from faceforge_builtins.thumbnails.picture import MAX_PIXELS, render, shrink
from faceforge_builtins.thumbnails.process import RenderProcess
from faceforge_sdk.errors import Busy, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def process() -> Iterator[RenderProcess]:
    with RenderProcess() as process:
        yield process


def opened(picture: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(picture))
    assert image.format == "WEBP"
    return image


def saved(path: Path, image: Image.Image, kind: str, **options: object) -> Path:
    image.save(path, kind, **options)
    return path


def png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def test_the_longer_side_is_what_was_asked_and_nothing_is_enlarged(tmp_path: Path) -> None:
    wide = saved(tmp_path / "wide.png", Image.new("RGB", (2000, 500), "red"), "PNG")
    assert opened(render(wide, 1024)).size == (1024, 256)
    small = saved(tmp_path / "small.png", Image.new("RGB", (40, 30), "red"), "PNG")
    assert opened(render(small, 1024)).size == (40, 30)


def test_a_photo_taken_upright_stands_upright(tmp_path: Path) -> None:
    photo = Image.new("RGB", (400, 200), "white")
    photo.paste("black", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it rotated a quarter to the right
    path = saved(tmp_path / "photo.jpg", photo, "JPEG", exif=exif)
    upright = opened(render(path, 256)).convert("L")
    assert upright.size == (128, 256)
    assert upright.getpixel((64, 20)) < 60
    assert upright.getpixel((64, 230)) > 200


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("L", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("1", "PNG"), ("RGBA", "PNG"), ("I;16", "PNG"), ("CMYK", "JPEG"),
     ("P", "GIF"), ("RGB", "BMP"), ("RGB", "TIFF"), ("F", "TIFF"), ("RGB", "WEBP")],
)  # fmt: skip
def test_every_colour_mode_becomes_a_picture(tmp_path: Path, mode: str, kind: str) -> None:
    path = saved(tmp_path / "picture", Image.new(mode, (64, 48)), kind)
    assert opened(render(path, 32)).size == (32, 24)


def test_transparency_survives(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", Image.new("RGBA", (64, 64), (255, 0, 0, 0)), "PNG")
    assert opened(render(path, 32)).convert("RGBA").getpixel((5, 5))[3] == 0


def test_sixteen_bits_keep_their_brightness(tmp_path: Path) -> None:
    path = saved(tmp_path / "deep.png", Image.new("I;16", (32, 32), 0x8000), "PNG")
    assert abs(opened(render(path, 32)).convert("L").getpixel((5, 5)) - 128) < 4


@pytest.mark.parametrize("content", [b"", b"nothing", b"\x89PNG\r\n\x1a\n", b"GIF89a\xff\xff", png_header(8, 8)[:45]])
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken"
    path.write_bytes(content)
    with pytest.raises(InvalidInput):
        render(path, 256)


def test_x10_a_pixel_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(png_header(50_000, 50_000))
    with pytest.raises(InvalidInput, match="megapixels"):
        render(bomb, 256)


def test_a_large_photo_of_a_telephone_is_pictured(tmp_path: Path) -> None:
    """More than is decoded whole, which only a progressive one would have to be."""
    photo = Image.new("L", (12_000, 9_000), "white")
    assert photo.width * photo.height > MAX_PIXELS
    assert opened(render(saved(tmp_path / "photo.jpg", photo, "JPEG"), 1024)).size == (1024, 768)
    with pytest.raises(InvalidInput, match="12000 × 9000 pixels; at most 64 megapixels"):
        render(saved(tmp_path / "progressive.jpg", photo, "JPEG", progressive=True), 1024)


def test_what_is_no_picture_is_not_told_by_the_path_of_a_copy(tmp_path: Path) -> None:
    (tmp_path / "lent.png").write_bytes(b"nothing")
    with pytest.raises(InvalidInput) as refused:
        render(tmp_path / "lent.png", 256)
    assert str(tmp_path) not in str(refused.value)


def test_smaller_sizes_come_from_the_largest() -> None:
    largest = io.BytesIO()
    Image.new("RGB", (1024, 512), "blue").save(largest, "WEBP")
    assert [opened(one).size for one in shrink(largest.getvalue(), (512, 256))] == [(512, 256), (256, 128)]
    with pytest.raises(InvalidInput):
        shrink(b"no picture", (256,))


def test_the_process_renders_refuses_and_goes_on(tmp_path: Path, process: RenderProcess) -> None:
    good = saved(tmp_path / "good.png", Image.new("RGB", (64, 64)), "PNG")
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"nothing")
    assert opened(process.render(good, 32)).size == (32, 32)
    with pytest.raises(InvalidInput):
        process.render(broken, 32)
    assert opened(process.render(good, 16)).size == (16, 16)


def test_a_decoder_that_dies_costs_one_picture(tmp_path: Path, process: RenderProcess) -> None:
    good = saved(tmp_path / "good.png", Image.new("RGB", (64, 64)), "PNG")
    process.render(good, 32)
    assert process._child is not None
    process._child.kill()
    process._child.join()
    with pytest.raises(InvalidInput, match="crashed"):
        process.render(good, 32)
    assert opened(process.render(good, 32)).size == (32, 32)


@pytest.mark.skipif(os.name == "nt", reason="on Windows no single process can be sent a Ctrl-C")
def test_ctrl_c_at_the_terminal_is_not_for_it(tmp_path: Path, process: RenderProcess) -> None:
    good = saved(tmp_path / "good.png", Image.new("RGB", (64, 64)), "PNG")
    process.render(good, 32)
    assert process._child is not None
    before = process._child.pid
    assert before is not None
    os.kill(before, signal.SIGINT)
    assert opened(process.render(good, 16)).size == (16, 16)
    assert process._child.pid == before


def test_r09_a_process_that_cannot_be_started_costs_one_picture_and_the_next_one_tries_again(
    tmp_path: Path, process: RenderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    good = saved(tmp_path / "good.png", Image.new("RGB", (64, 64)), "PNG")
    with monkeypatch.context() as patch:
        patch.setattr("_winapi.CreateProcess" if os.name == "nt" else "multiprocessing.util.spawnv_passfds", fail)
        for _ in range(2):
            with pytest.raises(Busy, match="No process could be started"):
                process.render(good, 32)
    assert opened(process.render(good, 32)).size == (32, 32)
