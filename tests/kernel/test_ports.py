from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from faceforge_core.ports import Bind, Ports, choose_bind, read_ports
from faceforge_core.refusals import StartRefused

if TYPE_CHECKING:
    from pathlib import Path


def put(home: Path, name: str, content: object) -> Path:
    path = home / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_no_file_means_no_wish(tmp_path: Path) -> None:
    assert read_ports(tmp_path) == Ports(core=None, seaweed_s3=None)


def test_the_launchers_file_beats_the_legacy_one_as_a_whole(tmp_path: Path) -> None:
    put(tmp_path, "runtime/ports.json", {"core": 1001, "seaweed_s3": 1002})
    assert read_ports(tmp_path) == Ports(1001, 1002)

    put(tmp_path, "config/ports.json", {"core": 2001})
    assert read_ports(tmp_path) == Ports(2001, None)


def test_a_launchers_file_without_core_leaves_the_legacy_one_in_force(tmp_path: Path) -> None:
    put(tmp_path, "config/ports.json", {"core": None, "seaweed_s3": 2002, "unknown": []})
    assert read_ports(tmp_path) == Ports(None, 2002)

    put(tmp_path, "runtime/ports.json", {"core": 1001})
    assert read_ports(tmp_path).core == 1001


@pytest.mark.parametrize("place", ["config/ports.json", "runtime/ports.json"])
@pytest.mark.parametrize("content", ["[1]", "8787", "null", "", '{"core": 1,\n}', '{"core": "x"}', '{"core": 65536}'])
def test_a_ports_file_that_cannot_be_used_is_named(tmp_path: Path, place: str, content: str) -> None:
    path = put(tmp_path, place, content)

    with pytest.raises(StartRefused) as refused:
        read_ports(tmp_path)

    assert refused.value.exit_code == 2
    assert str(path) in str(refused.value)


def test_a_torn_ports_file_is_named_with_its_line(tmp_path: Path) -> None:
    put(tmp_path, "config/ports.json", '{\n "core": 1,\n')
    with pytest.raises(StartRefused, match="line 3"):
        read_ports(tmp_path)


@pytest.mark.parametrize(
    ("environ", "launcher", "expected"),
    [
        ({}, Ports(), Bind("127.0.0.1", 8787)),
        ({}, Ports(core=5000), Bind("127.0.0.1", 5000)),
        ({"FACEFORGE_PORT": "6000"}, Ports(core=5000), Bind("127.0.0.1", 6000)),
        ({"FACEFORGE_PORT": " 6000 "}, Ports(), Bind("127.0.0.1", 6000)),
        ({"FACEFORGE_PORT": "0"}, Ports(core=5000), Bind("127.0.0.1", 0)),
        ({"FACEFORGE_PORT": ""}, Ports(core=5000), Bind("127.0.0.1", 5000)),
        ({"FACEFORGE_BIND": "0.0.0.0"}, Ports(), Bind("0.0.0.0", 8787)),
        ({"FACEFORGE_BIND": "[::1]"}, Ports(), Bind("::1", 8787)),
        ({"FACEFORGE_BIND": " "}, Ports(), Bind("127.0.0.1", 8787)),
    ],
)
def test_environment_beats_launcher_beats_configuration(
    environ: dict[str, str], launcher: Ports, expected: Bind
) -> None:
    assert choose_bind(environ, "127.0.0.1", 8787, launcher) == expected


@pytest.mark.parametrize("value", ["http", "-1", "65536", "8_0", "٣", "1e3", "8787.0", "9" * 5000])
def test_a_port_that_is_none_is_refused_naming_the_variable(value: str) -> None:
    with pytest.raises(StartRefused, match=r"^FACEFORGE_PORT: .{1,60}not a port") as refused:
        choose_bind({"FACEFORGE_PORT": value}, "127.0.0.1", 8787, Ports())
    assert refused.value.exit_code == 2
