"""Plugins installed and removed over the wire: what is taken, what is refused and why, and what stays."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import stat
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.plugins import packing
from faceforge_sdk.errors import PayloadTooLarge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

INSTALL = "/v1/plugins/install"
CODE = """
from fastapi import APIRouter

from faceforge_sdk import Router, hookimpl


@hookimpl
def register_routers(ctx):
    router = APIRouter()

    @router.get("/word")
    def word() -> dict[str, object]:
        return {"word": "WORD", "config": dict(ctx.config)}

    return [Router(router)]
"""


def manifest_of(plugin_id: str, **facts: Any) -> str:
    return json.dumps(
        {"id": plugin_id, "name": "Demo", "version": "1.0", "api_version": 1, "entrypoints": {"python": "plugin"}}
        | facts
    )


def files_of(plugin_id: str, word: str = "hello", **facts: Any) -> dict[str, str]:
    return {"plugin.json": manifest_of(plugin_id, **facts), "plugin.py": CODE.replace("WORD", word)}


def zipped(files: Mapping[str, str | bytes], *more: tuple[zipfile.ZipInfo, bytes], top: str = "") -> bytes:
    """A ZIP of these files, below a top folder if one is named; `more` are entries of a special kind."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{top}{name}", content)
        for info, content in more:
            archive.writestr(info, content)
    return buffer.getvalue()


def entry(name: str, content: bytes = b"x", mode: int = 0, **facts: Any) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo("placeholder")
    info.filename = info.orig_filename = name
    info.external_attr = mode << 16
    for fact, value in facts.items():
        setattr(info, fact, value)
    return info, content


def wheel(plugin_id: str = "demo.wheel", **changes: Any) -> bytes:
    """A wheel of a package ``demo_wheel``; `changes` name what is other than it should be."""
    code = changes.get("code", CODE.replace("WORD", "wheel"))
    files: dict[str, str] = {
        "demo_wheel/__init__.py": code,
        "demo_wheel/plugin.json": manifest_of(plugin_id, entrypoints={"python": changes.get("entry", "demo_wheel")}),
        "demo_wheel-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: demo-wheel\nVersion: 1.0\n"
        + changes.get("metadata", ""),
        "demo_wheel-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\n"
        + changes.get("tags", "Root-Is-Purelib: true\nTag: py3-none-any\n"),
        **changes.get("files", {}),
    }
    if changes.get("points", True):
        points = changes.get("entry_points", "demo = demo_wheel")
        files["demo_wheel-1.0.dist-info/entry_points.txt"] = f"[faceforge.plugins]\n{points}\n"
    record = "".join(f"{name},{record_hash(content)},{len(content)}\n" for name, content in files.items())
    files["demo_wheel-1.0.dist-info/RECORD"] = (
        changes.get("record", lambda text: text)(record) + "demo_wheel-1.0.dist-info/RECORD,,\n"
    )
    return zipped({**files, **changes.get("unrecorded", {})})


def record_hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@pytest.fixture
def put(api: Any) -> Callable[..., Any]:
    """Installs an archive and gives what was answered."""

    def send(archive: bytes, name: str = "plugin.zip") -> Any:
        response = api.ask("POST", INSTALL, files={"file": (name, archive, "application/zip")})
        assert response.status_code == 201, response.text
        assert response.json()["ok"] is True
        return response.json()["data"]

    return send


@pytest.fixture
def refusal(api: Any, house: Any) -> Callable[..., Any]:
    """The sentence of a refusal, after which nothing is there that was not there before."""

    def send(archive: bytes, name: str = "plugin.zip", status: int = 422, code: str = "validation_error") -> str:
        before = tree(house.home / "plugins"), tree(house.home / "tmp")
        error = api.error("POST", INSTALL, status, code, files={"file": (name, archive, "application/zip")})
        assert (tree(house.home / "plugins"), tree(house.home / "tmp")) == before
        return str(error["message"])

    return send


def tree(folder: Path) -> dict[str, bytes | None]:
    found = sorted(folder.rglob("*"))
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in found
        if "lent-" not in path.as_posix()
    }


# --- What is taken --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("top", ["", "repository-main/"])
def test_a_zip_with_its_manifest_at_the_top_or_in_its_one_folder_is_installed_and_disabled(
    put, api, house, top: str
) -> None:
    plugin_id = f"demo.{len(top)}"
    archive = zipped(files_of(plugin_id, description="Says a word."), top=top)
    installed = put(archive)
    assert installed["sha256"] == hashlib.sha256(archive).hexdigest()
    assert (installed["files"], installed["replaced"]) == (2, None)
    row = installed["plugin"]
    assert (row["plugin_id"], row["state"], row["enabled"], row["source"]) == (plugin_id, "disabled", False, "folder")
    assert row["description"] == "Says a word."
    assert sorted(tree(house.home / "plugins" / plugin_id)) == ["plugin.json", "plugin.py"]
    api.error("GET", f"/v1/plugins/{plugin_id}/word", 404, "not_found")
    assert api.data("POST", f"/v1/plugins/{plugin_id}/enable")["state"] == "active"
    assert api.ask("GET", f"/v1/plugins/{plugin_id}/word").json()["word"] == "hello"


def test_what_systems_and_tools_leave_in_archives_is_left_out(put, house) -> None:
    junk = {"__MACOSX/._x": "x", ".git/config": "x", "__pycache__/plugin.cpython-311.pyc": "x", ".DS_Store": "x"}
    put(zipped({**files_of("demo.tidy"), **junk}))
    assert sorted(tree(house.home / "plugins" / "demo.tidy")) == ["plugin.json", "plugin.py"]


def test_files_are_private_and_programs_stay_programs(put, house) -> None:
    put(zipped(files_of("demo.modes"), entry("bin/tool", mode=stat.S_IFREG | 0o777), entry("data/x", mode=0o666)))
    folder = house.home / "plugins" / "demo.modes"
    if folder.stat().st_mode & 0o777 == 0o700:  # a system with modes
        assert (folder / "bin" / "tool").stat().st_mode & 0o777 == 0o700
        assert (folder / "data" / "x").stat().st_mode & 0o777 == 0o600


def test_a_plugin_that_runs_is_replaced_while_it_runs_and_keeps_config_and_wish(put, api) -> None:
    put(zipped(files_of("demo.again", "one")))
    api.data("PUT", "/v1/plugins/demo.again/config", json={"config": {"size": 3}})
    api.data("POST", "/v1/plugins/demo.again/enable")
    installed = put(zipped({**files_of("demo.again", "two", version="2.0"), "more.txt": "x"}))
    assert installed["replaced"] == "1.0"
    row = installed["plugin"]
    assert (row["version"], row["enabled"], row["state"], row["config"]) == ("2.0", True, "active", {"size": 3})
    assert api.ask("GET", "/v1/plugins/demo.again/word").json() == {"word": "two", "config": {"size": 3}}


def test_a_disabled_plugin_stays_disabled_when_it_is_replaced(put, api) -> None:
    put(zipped(files_of("demo.off")))
    assert put(zipped(files_of("demo.off", version="2.0")))["plugin"]["state"] == "disabled"


def test_new_code_that_does_not_run_shows_as_the_plugins_error(put, api) -> None:
    put(zipped(files_of("demo.fails")))
    api.data("POST", "/v1/plugins/demo.fails/enable")
    row = put(zipped({**files_of("demo.fails"), "plugin.py": "raise RuntimeError('not today')"}))["plugin"]
    assert (row["enabled"], row["state"]) == (True, "error")
    assert "not today" in row["error"]["summary"]
    row = put(zipped(files_of("demo.fails")))["plugin"]
    assert row["state"] == "active"


def test_what_is_removed_is_gone_at_once_and_its_configuration_waits(put, api, house) -> None:
    put(zipped(files_of("demo.leaves")))
    api.data("PUT", "/v1/plugins/demo.leaves/config", json={"config": {"size": 3}})
    api.data("POST", "/v1/plugins/demo.leaves/enable")
    assert api.data("DELETE", "/v1/plugins/demo.leaves") == {"deleted": True}
    assert not (house.home / "plugins" / "demo.leaves").exists()
    api.error("GET", "/v1/plugins/demo.leaves/word", 404, "not_found")
    (row,) = (one for one in api.data("GET", "/v1/plugins")["items"] if one["plugin_id"] == "demo.leaves")
    assert (row["discovered"], row["enabled"], row["state"]) == (False, False, "disabled")
    api.error("DELETE", "/v1/plugins/demo.leaves", 404, "not_found")
    back = put(zipped(files_of("demo.leaves")))["plugin"]
    assert (back["config"], back["enabled"], back["state"]) == ({"size": 3}, False, "disabled")


def test_a_folder_that_was_enabled_went_and_comes_back_is_not_enabled_by_that(
    start_core, api_of, tmp_path: Path
) -> None:
    """The consent was given to code that is gone."""
    core = start_core(tmp_path / "home")
    archive = {"file": ("a.zip", zipped(files_of("demo.back")), "application/zip")}
    core.client.post(INSTALL, files=archive)
    assert api_of(core.client).data("POST", "/v1/plugins/demo.back/enable")["state"] == "active"
    core.kernel.close()
    shutil.rmtree(core.home / "plugins" / "demo.back")
    again = start_core(tmp_path / "home")
    row = again.client.post(INSTALL, files=archive).json()["data"]["plugin"]
    assert (row["enabled"], row["state"]) == (False, "disabled")


# --- What is not ----------------------------------------------------------------------------------------------------

GOOD = files_of("demo.bad")
NAMES = {
    "../evil.py": "leads out of its folder",
    "a/../../evil.py": "leads out of its folder",
    "./plugin.txt": "leads out of its folder",
    "/etc/passwd": "is an absolute path",
    "C:/evil.py": "names a drive",
    "c:evil.py": "names a drive",
    "..\\evil.py": "has a backslash in it",
    "a//b.py": "has an empty name in it",
    "nul.txt": "has the name of a device",
    "data/COM1": "has the name of a device",
    "LPT¹.log": "has the name of a device",
    "aux .py": "has the name of a device",
    "what?.py": "has the character '?'",
    "data/a:b": "has the character ':'",
    "tab\tname": "has the character",
    "dot.": "ends with a dot or a space",
    "folder /x": "ends with a dot or a space",
    "x" * 201: "is longer than 200 characters",
    "d/" * 17 + "x": "more than 16 folders deep",
    "ü" * 150: "more than 255 bytes",
}


@pytest.mark.parametrize(("name", "problem"), NAMES.items())
def test_a_name_that_leads_out_or_is_none_everywhere_is_refused_by_name(refusal, name: str, problem: str) -> None:
    message = refusal(zipped(GOOD, entry(name)))
    assert problem in message
    assert message.startswith(name[:5].replace("\t", "�"))


COLLISIONS = {
    "the same name twice": (["a.txt", "a.txt"], "a.txt: is there twice"),
    "another case": (["Readme.md", "README.md"], "README.md: is the same file as Readme.md"),
    "another way to write ä": (["ä.txt", "a\N{COMBINING DIAERESIS}.txt"], "is the same file as ä.txt"),
    "folders of another case": (["Data/x", "data/y"], "data/y: is the same folder as Data"),
    "a file and a folder": (["data", "data/x"], "is a file and a folder at once"),
    "a folder and a file": (["data/x", "data"], "is a file and a folder at once"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("case", COLLISIONS)
def test_names_that_are_one_file_somewhere_are_refused(refusal, case: str) -> None:
    names, problem = COLLISIONS[case]
    assert problem in refusal(zipped(GOOD, *map(entry, names)))


KINDS = {
    "a link": (entry("link", b"/etc/passwd", stat.S_IFLNK | 0o777), "link: is a link"),
    "a pipe": (entry("pipe", b"", stat.S_IFIFO), "pipe: is neither a file nor a folder"),
    "a device": (entry("null", b"", stat.S_IFCHR), "null: is neither a file nor a folder"),
    "a Windows junction": (entry("way", external_attr=0x400), "way: is a link"),
    "another packing": (entry("packed", compress_type=zipfile.ZIP_LZMA), "packed: is packed in a way"),
}


@pytest.mark.parametrize("case", KINDS)
def test_what_is_no_plain_file_is_refused(refusal, case: str) -> None:
    one, problem = KINDS[case]
    assert problem in refusal(zipped(GOOD, one))


def test_an_encrypted_entry_is_refused(refusal) -> None:
    archive = bytearray(zipped(GOOD))
    place = archive.index(b"PK\x01\x02")
    archive[place + 8] |= 1
    assert "plugin.json: is encrypted" in refusal(bytes(archive))


def test_a_bomb_is_refused_before_it_is_unpacked(refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({**GOOD, "zeros": bytes(20 * 1024 * 1024)})
    assert "looks like a bomb" in refusal(bomb, status=413, code="payload_too_large")
    monkeypatch.setattr(packing, "MAX_BYTES", 1000)
    large = zipped({**GOOD, "much": hashlib.shake_256(b"").digest(1000)})
    assert "1000 are the most" in refusal(large, status=413, code="payload_too_large")


def test_an_entry_that_is_larger_than_it_says_is_refused(refusal) -> None:
    archive = bytearray(zipped({**GOOD, "liar": b"x" * 5000}))
    place = archive.rindex(b"PK\x01\x02")
    assert archive[place + 24 : place + 28] == struct.pack("<I", 5000)
    archive[place + 24 : place + 28] = struct.pack("<I", 5)
    assert "liar: is damaged" in refusal(bytes(archive))


def test_what_is_written_is_counted_whatever_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MAX_BYTES", 1000)
    unpacking = packing.Unpacking(tmp_path)
    with pytest.raises(PayloadTooLarge, match="more than 1000 bytes"):
        unpacking.write(("much",), io.BytesIO(b"x" * 1001).read, executable=False)


def test_too_many_entries_are_refused(refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MAX_ENTRIES", 4)
    for count in (4, 30):
        many = zipped({**GOOD, **{f"{number}.txt": "x" for number in range(count)}})
        assert "more than 4 entries" in refusal(many, status=413, code="payload_too_large")


def test_an_archive_that_is_too_large_is_refused_while_it_comes(refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faceforge_builtins.plugins_api.receiving.MAX_ARCHIVE_BYTES", 1000)
    large = zipped({**GOOD, "much": hashlib.shake_256(b"").digest(2000)})
    assert "at most 1000 bytes" in refusal(large, status=413, code="payload_too_large")


def damaged(archive: bytes) -> bytes:
    place = archive.index(b"plugin.py") + len(b"plugin.py") + 5
    return archive[:place] + bytes([archive[place] ^ 0xFF]) + archive[place + 1 :]


def test_a_damaged_archive_is_refused_and_the_entry_named(refusal) -> None:
    assert "plugin.py: is damaged" in refusal(damaged(zipped(GOOD)))


@pytest.mark.parametrize("keep", [0, 1, 30, -1, -22, -40])
def test_an_archive_that_was_cut_off_is_refused(refusal, keep: int) -> None:
    assert "no ZIP archive that can be read" in refusal(zipped(GOOD)[:keep])


def test_an_archive_whose_directory_lies_elsewhere_is_refused(refusal) -> None:
    archive = bytearray(zipped(GOOD))
    archive[-6:-2] = struct.pack("<I", 0xFFFFFFF0)
    refusal(bytes(archive))


MANIFESTS: dict[str, tuple[dict[str, str | bytes], str]] = {
    "none": ({"plugin.py": ""}, "holds no plugin.json"),
    "nothing at all": ({}, "holds no plugin.json"),
    "too deep": ({"a/b/plugin.json": manifest_of("x")}, "a/b/plugin.json: lies too deep"),
    "several": ({"a/plugin.json": manifest_of("x"), "b/plugin.json": manifest_of("y")}, "several plugins (a/plugin"),
    "something beside it": ({"a/plugin.json": manifest_of("x"), "b.txt": ""}, "b.txt: lies beside"),
    "no JSON": ({"plugin.json": "{"}, "plugin.json: Not valid JSON"),
    "not UTF-8": ({"plugin.json": b"\xff"}, "plugin.json: Not UTF-8"),
    "no name": ({"plugin.json": '{"id": "x"}'}, "plugin.json: name: Field required"),
    "an id of ours": ({"plugin.json": manifest_of("faceforge.mine")}, "plugin.json: id: names that begin with"),
    "an id with a slash": ({"plugin.json": manifest_of("a/b")}, "plugin.json: id:"),
    "a wrong schema": ({"plugin.json": manifest_of("x", config_schema={"type": 5})}, "config_schema is no valid"),
    "no module": ({"plugin.json": manifest_of("x")}, "there is no plugin.py"),
    "wrong syntax": ({**GOOD, "deep/part.py": "a = 1\ndef ("}, "deep/part.py, line 2: "),
    "NUL in code": ({**GOOD, "plugin.py": "a\0"}, "plugin.py, line 1: "),
    "code as deep as no compiler goes": ({**GOOD, "plugin.py": "(" * 5000 + ")" * 5000}, "plugin.py, line 1: "),
}


@pytest.mark.parametrize("case", MANIFESTS)
def test_a_plugin_that_can_not_be_one_is_refused_with_its_place(refusal, case: str) -> None:
    files, problem = MANIFESTS[case]
    assert problem in refusal(zipped(files))


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", b"PK\x05\x06" + bytes(18)], ids=repr)
def test_what_is_no_archive_is_refused(refusal, content: bytes) -> None:
    refusal(content)


def test_a_built_in_can_neither_be_replaced_nor_removed(api) -> None:
    error = api.error("DELETE", "/v1/plugins/faceforge.thumbnails", 409, "conflict")
    assert "comes with Core" in error["message"]
    assert api.data("GET", "/v1/ping")


def test_a_folder_that_is_something_else_is_not_written_over(refusal, house) -> None:
    (house.home / "plugins" / "demo.mine").mkdir()
    (house.home / "plugins" / "demo.mine" / "notes.txt").write_text("mine")
    message = refusal(zipped(files_of("demo.mine")), status=409, code="conflict")
    assert str(house.home / "plugins" / "demo.mine") in message


def test_what_is_no_upload_is_refused(api) -> None:
    api.error("POST", INSTALL, 422, "validation_error", json={"file": "x"})
    missing = api.error("POST", INSTALL, 422, "validation_error", files={"other": ("a.zip", b"x")})
    assert missing["details"][0]["loc"] == ["body", "file"]
    twice = [("file", ("a.zip", b"x")), ("file", ("b.zip", b"x"))]
    api.error("POST", INSTALL, 422, "validation_error", files=twice)
    cut = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\nPK'
    api.error(
        "POST",
        INSTALL,
        422,
        "validation_error",
        content=cut,
        headers={"content-type": "multipart/form-data; boundary=b"},
    )


def test_it_needs_the_token(house) -> None:
    for method, path in (("POST", INSTALL), ("DELETE", "/v1/plugins/demo.x")):
        answer = house.client.request(method, path, headers={"Authorization": "Bearer wrong"})
        assert answer.status_code == 401


# --- Wheels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{}, {"points": False}, {"entry": "__init__"}], ids=str)
def test_a_wheel_of_pure_python_becomes_a_folder_and_runs(put, api, house, changes: dict[str, Any]) -> None:
    plugin_id = f"demo.wheel{len(str(changes))}"
    metadata = 'Requires-Dist: pydantic>=2\nRequires-Dist: faceforge-sdk\nRequires-Dist: nothing-such; extra == "x"\n'
    row = put(wheel(plugin_id, metadata=metadata, **changes), "demo_wheel-1.0-py3-none-any.whl")["plugin"]
    assert (row["source"], row["state"]) == ("folder", "disabled")
    assert sorted(tree(house.home / "plugins" / plugin_id)) == ["__init__.py", "plugin.json"]
    assert api.data("POST", f"/v1/plugins/{plugin_id}/enable")["state"] == "active"
    assert api.ask("GET", f"/v1/plugins/{plugin_id}/word").json()["word"] == "wheel"


WHEELS: dict[str, tuple[dict[str, Any], str]] = {
    "changed": (
        {"record": lambda text: text.replace("sha256=", "sha256=A", 1)},
        "demo_wheel/__init__.py: is not as the wheel's RECORD says",
    ),
    "a weak hash": ({"record": lambda text: text.replace("sha256=", "md5=", 1)}, "is not as the wheel's RECORD says"),
    "unrecorded": ({"unrecorded": {"demo_wheel/more.py": ""}}, "demo_wheel/more.py: is not in the wheel's RECORD"),
    "incomplete": ({"record": lambda text: text + "demo_wheel/gone.py,sha256=x,1\n"}, "demo_wheel/gone.py: is in the"),
    "compiled": ({"files": {"demo_wheel/fast.so": ""}}, "holds compiled code (demo_wheel/fast.so)"),
    "not pure": ({"tags": "Root-Is-Purelib: false\nTag: cp311-cp311-linux_x86_64\n"}, "not pure Python"),
    "files elsewhere": ({"files": {"demo_wheel-1.0.data/scripts/x": ""}}, "demo_wheel-1.0.data"),
    "a missing package": ({"metadata": "Requires-Dist: no-such-package>=1\n"}, "no-such-package>=1"),
    "a package that is too old": ({"metadata": "Requires-Dist: pydantic>=99\n"}, "pydantic>=99"),
    "another Python": ({"metadata": "Requires-Python: >=99\n"}, "needs Python >=99"),
    "needs that are none": ({"metadata": "Requires-Dist: ???\n"}, "METADATA: can't be understood"),
    "another package": ({"files": {"other/__init__.py": ""}}, "holds more than the plugin's package: other"),
    "itself by name": (
        {"code": "import demo_wheel.part\n"},
        "imports itself by its name (demo_wheel/__init__.py, line 1",
    ),
    "several plugins": ({"entry_points": "a = demo_wheel\nb = demo_wheel.b"}, "holds several plugins"),
    "an entry point to nowhere": ({"entry_points": "a = demo_other"}, "demo_other/plugin.json: is missing"),
    "an entry point out of it": ({"entry_points": "a = /etc"}, "names what is no package"),
    "no plugin": ({"entry_points": "a =", "points": False, "files": {"demo_wheel/plugin.json": "{"}}, "plugin.json: "),
}


@pytest.mark.parametrize("case", WHEELS)
def test_a_wheel_that_needs_pip_or_is_not_whole_is_refused(refusal, case: str) -> None:
    changes, problem = WHEELS[case]
    assert problem in refusal(wheel(**changes), "demo_wheel-1.0-py3-none-any.whl")


def test_what_needs_pip_says_so(refusal) -> None:
    message = refusal(wheel(metadata="Requires-Dist: no-such-package\n"), "demo_wheel-1.0-py3-none-any.whl")
    assert "pip install" in message


def test_a_wheel_by_name_alone_is_refused(refusal) -> None:
    assert "called a wheel" in refusal(zipped(GOOD), "x-1.0-py3-none-any.whl")
