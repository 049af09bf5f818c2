"""``faceforge run``: commands of plugins, on a home at rest and on one that a Core has open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import typer

from faceforge_core.cli.commands import given_options
from faceforge_core.cli.main import run
from faceforge_core.kernel import Kernel
from faceforge_sdk.models import JobQuery

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = {
    "properties": {
        "name": {"type": "string"},
        "only_missing": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    }
}


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ([], {}),
        (["--name", "Ada", "--only-missing"], {"name": "Ada", "only_missing": True}),
        (["--no-only-missing", "--size=3"], {"only_missing": False, "size": "3"}),
        (["--only-missing=false", "--name="], {"only_missing": "false", "name": ""}),
        (["--tags", "a", "--tags=b"], {"tags": ["a", "b"]}),
        (["--name", "--size"], {"name": "--size"}),
    ],
)
def test_options_are_the_fields_of_the_input(arguments: list[str], given: dict[str, Any]) -> None:
    assert given_options(arguments, SCHEMA) == given


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--nam", "x"], "no option '--nam'; there are --name, --only-missing, --tags, --size"),
        (["Ada"], "no option 'Ada'"),
        (["--no-name"], "no option '--no-name'"),
        (["--no-only-missing=1"], "no option"),
        (["--name"], "--name needs a value"),
    ],
)
def test_what_is_no_option_is_named(arguments: list[str], told: str) -> None:
    with pytest.raises(typer.BadParameter, match=told):
        given_options(arguments, SCHEMA)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home at rest."""
    root = tmp_path / "home"
    with Kernel(root, environ={}):
        pass
    monkeypatch.setenv("FACEFORGE_HOME", str(root))
    return root


def readings(home: Path) -> list[Any]:
    kernel = Kernel(home, environ={})
    try:
        kernel.start(run_jobs=False)
        page = kernel.jobs.list(JobQuery(job_type="assets.extract", status="queued"))
        return [kernel.jobs.get(job.job_id).input for job in page.items]
    finally:
        kernel.close()


def test_a_command_of_a_home_at_rest_is_run_here_and_its_job_waits(home: Path, capsys: Any) -> None:
    before = len(readings(home))
    assert run(["run", "faceforge.ingest", "read", "--only-missing"]) == 0
    assert "are read by the job" in capsys.readouterr().out
    found = readings(home)
    assert len(found) == before + 1
    assert {"only_missing": True} in found


def test_without_a_command_it_is_told_what_there_is(home: Path, capsys: Any) -> None:
    assert run(["run", "faceforge.ingest"]) == 0
    assert capsys.readouterr().out.startswith("read  Read the files of the library anew.\n  --only-missing  Only by ")
    assert run(["run", "faceforge.trash_api"]) == 0
    assert capsys.readouterr().out == "faceforge.trash_api has no commands, or is not active.\n"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["nobody", "read"], 1, "There is no plugin 'nobody'."),
        (["faceforge.ingest", "write"], 1, "faceforge.ingest has no command 'write'; there are read."),
        (["faceforge.ingest", "read", "--all"], 2, "There is no option '--all'; there are --only-missing."),
        (
            ["faceforge.ingest", "read", "--only-missing=perhaps"],
            1,
            "The input of the command 'read' is not valid: only",
        ),
    ],
)
def test_what_can_not_be_run_is_told(home: Path, capsys: Any, arguments: list[str], code: int, told: str) -> None:
    assert run(["run", *arguments]) == code
    assert told in capsys.readouterr().err


def test_a_running_core_runs_the_command(serve_core: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    core = serve_core()
    monkeypatch.setenv("FACEFORGE_HOME", str(core.home))
    assert run(["run", "faceforge.ingest", "read"]) == 0
    job_id = capsys.readouterr().out.split(" by the job ")[1].split(",")[0]
    job = core.client.get(f"/v1/jobs/{job_id}").json()["data"]
    assert (job["job_type"], job["input"]) == ("assets.extract", {"only_missing": False})
    assert run(["run", "faceforge.ingest", "write"]) == 1
    assert "there are read" in capsys.readouterr().err


TWO = """
from faceforge_sdk import Command, hookimpl


@hookimpl
def register_commands():
    return [Command("status", "Tell how it is.", lambda _: SAID)]
"""


def test_plugins_may_call_their_commands_alike_and_one_that_fails_is_told(faceforge: Any, client: Any) -> None:
    for name, said in (("one", '"fine"'), ("two", "7"), ("three", "1 / 0")):
        folder = faceforge.kernel.home.plugins_dir / name
        folder.mkdir()
        manifest = {"id": name, "name": name, "api_version": 1, "entrypoints": {"python": "plugin"}}
        (folder / "plugin.json").write_text(json.dumps(manifest))
        (folder / "plugin.py").write_text(TWO.replace("SAID", said))
        assert faceforge.kernel.plugins.enable(name).state == "active"
    answers = {
        name: client.post(f"/v1/plugins/{name}/commands/status", json={}).json() for name in ("one", "two", "three")
    }
    assert answers["one"]["data"] == {"output": "fine"}
    assert answers["two"]["error"]["code"] == answers["three"]["error"]["code"] == "internal_error"
    client.post("/v1/plugins/one/disable")
    assert client.post("/v1/plugins/one/commands/status", json={}).status_code == 404
    assert client.get("/v1/plugins/one/commands").json()["data"] == {"items": []}


def test_one_plugin_has_a_name_once(faceforge: Any) -> None:
    folder = faceforge.kernel.home.plugins_dir / "twice"
    folder.mkdir()
    manifest = {"id": "twice", "name": "t", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(TWO.replace("SAID", '"x"').replace(")]", ")] * 2"))
    row = faceforge.kernel.plugins.enable("twice")
    assert row.state == "error"
    assert "twice contributes the Command 'status'" in row.error.summary
