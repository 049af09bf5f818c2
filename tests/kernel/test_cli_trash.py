"""``faceforge trash``, as a person uses it: on a home at rest, and on one that a Core has open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, get_args

import pytest

from faceforge_core import cli
from faceforge_core.cli.trash import Kind
from faceforge_core.kernel import Kernel
from faceforge_core.testing import running_core, wait_for
from faceforge_sdk.models import TrashKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home at rest, with two entities and a file in the trash, and one of each that lives."""
    root = tmp_path / "home"
    with running_core(root) as core:
        _fill(core.client)
    return root


def _fill(client: Any) -> None:
    for name in ("Ada", "Ben\x1b[31m", "Cleo"):
        entity = client.post("/v1/entities", json={"display_name": name}).json()["data"]["entity_id"]
        if name != "Cleo":
            client.delete(f"/v1/entities/{entity}")
    for name in ("gone.jpg", "kept.jpg"):
        asset = client.post("/v1/assets/upload", files={"file": (name, name.encode(), "image/jpeg")}).json()
        if name == "gone.jpg":
            client.delete(f"/v1/assets/{asset['data']['asset_id']}")


@pytest.fixture
def running(serve_core: Any) -> Any:
    """A Core with the same in its home."""
    core = serve_core()
    _fill(core.client)
    return core


@pytest.fixture
def run(run_here: Any) -> Run:
    """Runs ``faceforge trash …`` on a home."""

    def command(home: Path, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        done: subprocess.CompletedProcess[str] = run_here(
            cli.run, "trash", *arguments, "--home", home, said=said, http_proxy="http://127.0.0.1:9"
        )
        return done

    return command


@pytest.fixture(params=["at rest", "open"])
def place(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A home in either state."""
    if request.param == "at rest":
        yield request.getfixturevalue("home")
    else:
        yield request.getfixturevalue("running").home


def listed(run: Run, home: Path, *arguments: str) -> list[tuple[str, str, str]]:
    """Kind, id and name of what the list shows."""
    done = run(home, "list", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split(maxsplit=3) for line in done.stdout.splitlines() if line.startswith(("entities ", "assets "))]
    return [(kind, thing_id, name) for kind, thing_id, _deleted_at, name in rows]


def test_the_list_shows_what_lies_there_and_sends_no_control_characters_to_the_terminal(run: Run, place: Path) -> None:
    assert [(kind, name) for kind, _, name in listed(run, place)] == [
        ("entities", "Ben\N{REPLACEMENT CHARACTER}[31m"),
        ("entities", "Ada"),
        ("assets", "gone.jpg"),
    ]
    assert [name for _, _, name in listed(run, place, "--kind", "assets")] == ["gone.jpg"]
    short = run(place, "list", "--kind", "entities", "--limit", "1").stdout
    assert "1 more entities" in short
    assert "In the trash: 2 entities. It is kept for 30 days." in short


def test_as_a_program_of_its_own_it_writes_utf_8(home: Path) -> None:
    words = [sys.executable, "-m", "faceforge_core", "trash", "list", "--home", str(home)]
    environ = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(words, env=environ, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Ben\N{REPLACEMENT CHARACTER}[31m" in done.stdout.decode()


def test_a_restore_brings_a_thing_back(run: Run, place: Path) -> None:
    ids = {name: thing_id for _, thing_id, name in listed(run, place)}
    done = run(place, "restore", "entities", ids["Ada"])
    assert (done.returncode, done.stdout) == (0, f"Restored: entities {ids['Ada']}\n")
    assert "Ada" not in {name for _, _, name in listed(run, place)}
    again = run(place, "restore", "entities", ids["Ada"])
    assert (again.returncode, again.stdout) == (1, "")
    assert "in the trash" in again.stderr


def test_a_purge_says_how_much_goes_and_asks_first(run: Run, place: Path) -> None:
    refused = run(place, "purge", "--older-than-days", "0", said="n\n")
    assert refused.returncode == 1
    assert "2 entities, 1 assets, 0 descriptors" in refused.stdout
    assert refused.stdout.rstrip().endswith("Nothing is removed.")
    unanswered = run(place, "purge", "--older-than-days", "0")
    assert unanswered.returncode != 0
    assert len(listed(run, place)) == 3

    done = run(place, "purge", "--older-than-days", "0", "--kind", "entities", said="y\n")
    assert done.returncode == 0
    assert "2 entities" in done.stdout
    assert "1 assets" not in done.stdout
    wait_for(lambda: [name for _, _, name in listed(run, place)] == ["gone.jpg"])


def test_a_purge_removes_the_bytes(run: Run, place: Path) -> None:
    [(_, asset_id, _)] = listed(run, place, "--kind", "assets")
    blob = place / "assets" / "files" / asset_id[:2] / asset_id
    assert blob.exists()
    assert run(place, "purge", "--older-than-days", "0", "--yes").returncode == 0
    wait_for(lambda: not blob.exists())
    assert len(list((place / "assets" / "files").rglob("*/*"))) == 1


def test_what_is_young_stays_as_long_as_the_setting_says(run: Run, home: Path) -> None:
    done = run(home, "purge", "--yes")
    assert done.returncode == 0
    assert "for 30 days or more: 0 entities" in done.stdout
    config = home / "config" / "core.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "trash": {"keep_days": "forever"}}))
    assert "kept for ever" in run(home, "purge", "--yes").stdout
    assert "It is kept for ever." in run(home, "list").stdout
    assert len(listed(run, home)) == 3


def test_every_kind_can_be_named() -> None:
    assert {kind.value for kind in Kind} == set(get_args(TrashKind))


def test_a_home_that_is_none_is_refused_and_not_made(run: Run, tmp_path: Path) -> None:
    for arguments in (["list"], ["purge", "--yes"], ["restore", "entities", "x"]):
        done = run(tmp_path / "missing", *arguments)
        assert done.returncode == 2
        assert str(tmp_path / "missing") in done.stderr
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize(
    "wrong", [["list", "--kind", "plugins"], ["restore", "plugins", "x"], ["list", "--limit", "0"]]
)
def test_a_kind_or_number_that_is_none_is_one_sentence_and_exit_2(run: Run, tmp_path: Path, wrong: list[str]) -> None:
    done = run(tmp_path, *wrong)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert wrong[-1] in done.stderr or wrong[1] in done.stderr


def test_a_home_that_another_process_holds_without_serving_is_exit_4(run: Run, home: Path) -> None:
    with Kernel(home, environ={}):
        for arguments in (["list"], ["purge", "--yes"]):
            done = run(home, *arguments)
            assert done.returncode == 4
            assert "in use" in done.stderr
            assert str(os.getpid()) in done.stderr


def test_a_core_that_does_not_answer_is_exit_4(run: Run, home: Path) -> None:
    with Kernel(home, environ={}) as kernel:
        kernel.lock.publish(9)
        done = run(home, "list")
    assert done.returncode == 4
    assert "port 9" in done.stderr


def test_an_error_of_the_running_core_is_a_sentence(run: Run, running: Any) -> None:
    running.client.post("/v1/plugins/faceforge.trash_api/disable").raise_for_status()
    done = run(running.home, "list")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
