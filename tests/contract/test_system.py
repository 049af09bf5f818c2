"""System information (section 2 of the contract) and where a home lies (section 3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from faceforge_core import __version__

PATHS = ("db_dir", "s3_dir", "assets_dir", "logs_dir", "config_dir", "plugins_dir", "tmp_dir")


def test_system_info_names_version_home_and_paths(api, house) -> None:
    info = api.data("GET", "/v1/system/info")
    assert info["version"] == __version__
    assert info["faceforge_home"] == str(house.home)
    assert {name: info["paths"][name] for name in PATHS} == {
        name: str(house.home / name.removesuffix("_dir")) for name in PATHS
    }
    assert all(Path(path).is_dir() for path in info["paths"].values())


def test_all_folders_of_the_owners_list_exist_after_a_start(house) -> None:
    for name in ("db", "s3", "assets", "logs", "tmp", "config", "tools", "plugins"):
        assert (house.home / name).is_dir(), name


def test_paths_of_core_json_move_folders(start_core, api_of, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    (home / "config" / "core.json").write_text(
        '{"auth": {"install_token": "a-token-of-some-length"}, "unknown": {"kept": 1},'
        f' "paths": {{"db_dir": "elsewhere/db", "logs_dir": "{(tmp_path / "logs").as_posix()}"}}}}'
    )
    core = start_core(home)
    paths = api_of(core.client).data("GET", "/v1/system/info")["paths"]
    assert paths["db_dir"] == str(home / "elsewhere" / "db")
    assert paths["logs_dir"] == str(tmp_path / "logs")
    assert (home / "elsewhere" / "db" / "core.sqlite3").is_file()
    assert (tmp_path / "logs" / "core.log").is_file()
    assert not (home / "db").exists()


def test_system_info_tells_no_secret(api, house) -> None:
    assert house.token not in api.ask("GET", "/v1/system/info").text


def test_unknown_parameters_are_ignored(api) -> None:
    assert api.data("GET", "/v1/system/info", params={"verbose": "1", "x": "y"})["version"]


def test_additional_fields_do_not_take_the_place_of_the_contracts(api) -> None:
    info: dict[str, Any] = api.data("GET", "/v1/system/info")
    assert isinstance(info["version"], str)
    assert isinstance(info["faceforge_home"], str)
    assert all(isinstance(path, str) for path in info["paths"].values())
