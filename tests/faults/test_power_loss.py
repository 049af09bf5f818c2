"""Power loss, as a copy of the disk shows it that was taken right after the last answer."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import NoReturn

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="loop devices are Linux's"), pytest.mark.slow]

FILES = 20
MIB = 1024 * 1024
SIZES = {"ext4": 64 * MIB, "xfs": 320 * MIB, "btrfs": 128 * MIB}
MAKERS = {
    "ext4": ["mkfs.ext4", "-q", "-F"],
    "xfs": ["mkfs.xfs", "-q", "-f"],
    "btrfs": ["mkfs.btrfs", "-q", "-f", "-M"],
}


class Disk:
    """An image file with a file system, mounted at `place` one copy at a time."""

    def __init__(self, image: Path, place: Path) -> None:
        self.image = image
        self.place = place
        place.mkdir()

    def mount(self, image: Path) -> bool:
        command = ["mount", "-o", "loop", str(image), str(self.place)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def unmount(self) -> None:
        subprocess.run(["umount", str(self.place)], check=True)

    def lose_power(self) -> Path:
        """The disk as it is this moment: what still waits in the system's memory is not on it."""
        copy = self.image.with_suffix(".after")
        subprocess.run(["cp", "--sparse=always", str(self.image), str(copy)], check=True)
        return copy


@pytest.fixture(params=list(SIZES))
def disk(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    require_root: None,
    require_tool: Callable[[str], str],
    cannot_run: Callable[[str], NoReturn],
) -> Iterator[Disk]:
    kind: str = request.param
    image = tmp_path / "disk.img"
    with image.open("wb") as file:
        file.truncate(SIZES[kind])
    program, *options = MAKERS[kind]
    subprocess.run([require_tool(program), *options, str(image)], check=True, capture_output=True)
    disk = Disk(image, tmp_path / "disk")
    if not disk.mount(image):
        cannot_run(f"no {kind} image can be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk.place)], capture_output=True, check=False)


def upload_and_lose_power(disk: Disk, uploader: Path, manner: str) -> list[str]:
    """Store files until the last one is acknowledged; then the disk is what it was then. Returns the ids."""
    with subprocess.Popen(
        [sys.executable, str(uploader), manner, str(disk.place / "home"), str(FILES), "20000"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(FILES + 1)]
        after = disk.lose_power()
        process.kill()
    disk.unmount()
    assert disk.mount(after), "the file system does not mount after the loss"
    return [line.split()[1] for line in lines[1:]]


@pytest.mark.parametrize("manner", ["store", "keep", "keep-each"])
def test_d01_what_was_acknowledged_is_there_after_power_loss(
    manner: str, disk: Disk, uploader: Path, check_home: Callable[..., dict[str, Any]]
) -> None:
    stored = upload_and_lose_power(disk, uploader, manner)

    report = check_home(disk.place / "home", *stored)

    assert report == {"assets": FILES, "findings": [], "orphans": []}


@pytest.mark.parametrize("disk", ["ext4"], indirect=True)
@pytest.mark.parametrize("manner", ["careless", "careless-keep"])
def test_d01_the_loss_is_real_what_is_not_flushed_does_not_survive_it(
    manner: str, disk: Disk, uploader: Path, check_home: Callable[..., dict[str, Any]]
) -> None:
    stored = upload_and_lose_power(disk, uploader, manner)

    assert check_home(disk.place / "home", *stored)["findings"] != []
