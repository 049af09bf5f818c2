from __future__ import annotations

import json
import logging
import os
import stat
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.config import ConfigStore, CoreConfig
from faceforge_core.refusals import StartRefused
from faceforge_core.testing import wait_for
from faceforge_sdk.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "a-token-nobody-may-see"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "core.json"


@pytest.fixture
def store(path: Path) -> ConfigStore:
    return ConfigStore(path)


def put(path: Path, content: object) -> None:
    path.touch(0o600)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def refusal_of(store: ConfigStore) -> str:
    with pytest.raises(StartRefused) as refused:
        store.load()
    assert refused.value.exit_code == 2
    assert refused.value.__cause__ is None  # a cause would print the whole document
    assert SECRET not in str(refused.value)
    return str(refused.value)


def test_without_a_file_the_defaults_of_the_contract_hold(store: ConfigStore, path: Path) -> None:
    config = store.load()
    assert config == CoreConfig()
    assert (config.network.bind_host, config.network.core_port) == ("127.0.0.1", 8787)
    assert (config.limits.json_bytes, config.limits.bulk_json_bytes) == (1024**2, 16 * 1024**2)
    assert (config.limits.upload_bytes, config.limits.queued_jobs, config.trash.keep_days) == (None, 10_000, 30)
    assert (config.seaweed.filer_port, config.storage.s3.bucket, config.jobs.workers) == (8888, "faceforge", 2)
    assert not path.exists()


def test_d22_an_empty_object_and_null_mean_the_defaults(store: ConfigStore, path: Path) -> None:
    for content in ({}, {"paths": None, "network": {"core_port": None}, "logging": {"max_size_mb": None}}):
        put(path, content)
        assert store.load() == CoreConfig()


@pytest.mark.parametrize(("days", "limit"), [(0, 0), (30, 30), (100_000, 100_000), ("forever", None), (None, 30)])
def test_the_trash_is_kept_for_days_or_for_ever(store: ConfigStore, path: Path, days: Any, limit: int | None) -> None:
    put(path, {"trash": {"keep_days": days}})
    assert store.load().trash.limit == limit


@pytest.mark.parametrize("days", [-1, 1.5, 100_001, "never", "", [30]])
def test_any_other_time_to_keep_the_trash_is_refused(store: ConfigStore, path: Path, days: Any) -> None:
    put(path, {"trash": {"keep_days": days}})
    assert "trash.keep_days" in refusal_of(store)


def test_a_byte_order_mark_of_a_windows_editor_is_fine(store: ConfigStore, path: Path) -> None:
    path.write_bytes(b'\xef\xbb\xbf{"network": {"core_port": 9000}}\r\n')
    assert store.load().network.core_port == 9000
    store.update(lambda content: content["network"].update(core_port=9001))
    assert store.load().network.core_port == 9001


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (f'{{\n "auth": {{"install_token": "{SECRET}",}}\n}}', 2),
        (f'{{\n "auth": {{"install_token": "{SECRET}"', 2),
        (f'{{\n\n "auth": "{SECRET}', 3),
        ("", 1),
        (f'["{SECRET}"]', 1),
        ("null", 1),
    ],
)
def test_d22_a_torn_file_is_refused_naming_file_and_line(
    store: ConfigStore, path: Path, content: str, line: int
) -> None:
    put(path, content)
    assert f"{path}, line {line}, " in refusal_of(store)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"a": "\xff"}', "line 1, is not UTF-8"),
        ('{"version": "1"}'.encode("utf-16"), "is not UTF-8"),
        (b'{"a": NaN}', "number"),
        (b'{"a": -Infinity}', "number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested deeper than 64"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested deeper than 64"),
        (b'{"a": "' + b"x" * 1024 * 1024 + b'"}', "longer than 1048576 bytes"),
    ],
)
def test_d22_what_is_no_sensible_json_is_refused_naming_the_file(
    store: ConfigStore, path: Path, content: bytes, reason: str
) -> None:
    path.write_bytes(content)
    message = refusal_of(store)
    assert str(path) in message
    assert reason in message


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"network": {"core_port": "x"}}, "network.core_port"),
        ({"network": {"core_port": 65536}}, "network.core_port"),
        ({"network": [SECRET]}, "network"),
        ({"network": {"allowed_hosts": ["a", 5]}}, "network.allowed_hosts.1"),
        ({"auth": {"install_token": [SECRET]}}, "auth.install_token"),
        ({"paths": {"db_dir": "a\0b"}}, "paths.db_dir"),
        ({"storage": {"s3": {"enabled": SECRET}}}, "storage.s3.enabled"),
        ({"jobs": {"workers": 0}}, "jobs.workers"),
    ],
)
def test_d22_a_value_of_the_wrong_type_is_refused_naming_its_key(
    store: ConfigStore, path: Path, content: object, key: str
) -> None:
    put(path, content)
    assert f"{key}: " in refusal_of(store)


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes have no names in folders there")
def test_a_pipe_or_a_folder_in_its_place_is_refused_and_not_waited_for(store: ConfigStore, path: Path) -> None:
    os.mkfifo(path)
    assert "is not a file" in refusal_of_unreadable(store)
    path.unlink()
    path.mkdir()
    assert str(path) in refusal_of_unreadable(store)


def refusal_of_unreadable(store: ConfigStore) -> str:
    with pytest.raises(StartRefused) as refused:
        store.load()
    return str(refused.value)


def test_the_token_is_in_no_repr(store: ConfigStore, path: Path) -> None:
    put(path, {"auth": {"install_token": SECRET}, "storage": {"s3": {"access_key": SECRET, "secret_key": SECRET}}})
    config = store.load()
    assert SECRET not in repr(config)
    assert set(config.secrets()) == {SECRET}


def test_d22_unknown_keys_and_the_order_of_keys_survive_our_writing(store: ConfigStore, path: Path) -> None:
    before: dict[str, Any] = {
        "zebra": {"ü": [1, 2.5, None, {"deep": "中"}]},
        "network": {"later_key": {"x": 1}, "core_port": 9000},
        "auth": {"other": "kept", "install_token": " "},
        "big": 2**70,
    }
    put(path, before)

    store.ensure_token()

    after = json.loads(path.read_text(encoding="utf-8"))
    assert len(after["auth"].pop("install_token")) == 43
    before["auth"].pop("install_token")
    assert after == before
    assert list(after) == ["zebra", "network", "auth", "big"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_file_kept_elsewhere_behind_a_link_stays_there(store: ConfigStore, path: Path, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    put(tmp_path / "dotfiles" / "core.json", {"auth": {"install_token": "x" * 20}})
    (tmp_path / "dotfiles" / "core.json").chmod(0o644)
    path.symlink_to(tmp_path / "dotfiles" / "core.json")

    store.ensure_token()
    store.update_section("jobs", {"workers": 3})

    assert path.is_symlink()
    assert json.loads((tmp_path / "dotfiles" / "core.json").read_text())["jobs"] == {"workers": 3}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_change_that_changes_nothing_writes_nothing(store: ConfigStore, path: Path) -> None:
    put(path, '{"version":"1"}')
    store.update(lambda content: content.update(version="1"))
    assert path.read_text() == '{"version":"1"}'


def test_a_launchers_rewrite_is_merged_by_key(store: ConfigStore, path: Path) -> None:
    put(path, {"auth": {"install_token": "x" * 20}, "network": {"core_port": 1}})
    store.load()
    put(path, {"auth": {"install_token": "y" * 20}, "network": {"core_port": 2}, "launcher": True})

    store.update_section("tools", {"exiftool_enabled": False})

    assert json.loads(path.read_text()) == {
        "auth": {"install_token": "y" * 20},
        "network": {"core_port": 2},
        "launcher": True,
        "tools": {"exiftool_enabled": False},
    }
    assert store.current.network.core_port == 2


def test_a_rewrite_in_the_very_moment_of_our_writing_is_not_lost(store: ConfigStore, path: Path) -> None:
    put(path, {"launcher": 0})
    rewrites = iter(range(1, 4))

    def change(content: dict[str, Any]) -> None:
        content["ours"] = True
        for number in rewrites:  # after we read, before we write; each time we come again
            put(path.with_name("new"), {"launcher": number})
            path.with_name("new").replace(path)
            break

    store.update(change)
    assert json.loads(path.read_text()) == {"launcher": 3, "ours": True}


def test_two_of_us_writing_at_once_lose_nothing(path: Path) -> None:
    def count_up(key: str) -> None:
        store = ConfigStore(path)
        for _ in range(15):
            store.update(lambda content: content.update({key: content.get(key, 0) + 1}))

    threads = [threading.Thread(target=count_up, args=(key,)) for key in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert json.loads(path.read_text()) == {"a": 15, "b": 15}
    assert {entry.name for entry in path.parent.iterdir()} <= {"core.json", "core.json.lock"}


def test_what_would_be_invalid_is_not_written(store: ConfigStore, path: Path) -> None:
    put(path, {"jobs": {"workers": 3}})
    for value in ({"workers": "many"}, {"x": float("nan")}, {"x": object()}, {"x": "\ud800"}):
        with pytest.raises(InvalidInput):
            store.update_section("jobs", value)
    with pytest.raises(InvalidInput) as invalid:
        store.update_section("jobs", {"workers": 0})
    assert invalid.value.details == [
        {"path": "jobs.workers", "message": "Input should be greater than or equal to 1"},
    ]
    assert json.loads(path.read_text()) == {"jobs": {"workers": 3}}


def test_a_file_torn_by_someone_else_is_never_overwritten(store: ConfigStore, path: Path) -> None:
    put(path, '{"auth": {')
    with pytest.raises(Conflict, match="line 1"):
        store.rotate_token()
    assert path.read_text() == '{"auth": {'


def test_a_section_is_read_with_its_defaults_and_replaced_without_losing_unknown_keys(
    store: ConfigStore, path: Path
) -> None:
    put(
        path,
        {"storage": {"s3": {"bucket": "mine", "region": "eu", "unknown": [1]}, "routing": {"kind_map": {"a": "s3"}}}},
    )
    store.load()
    assert store.section("storage.s3")["bucket"] == "mine"
    assert store.section("storage.s3")["use_ssl"] is False
    assert store.section("no.such.part") == {}

    store.update_section("storage.s3", {"bucket": "other"})

    assert json.loads(path.read_text())["storage"] == {
        "s3": {"unknown": [1], "bucket": "other"},
        "routing": {"kind_map": {"a": "s3"}},
    }
    assert store.section("storage.s3")["region"] == "us-east-1"


def test_a_section_core_does_not_know_works_too(store: ConfigStore) -> None:
    store.update_section("a.b", {"x": {"y": 1}})
    section = store.section("a.b")
    assert section == {"x": {"y": 1}}
    section["x"]["y"] = 2
    assert store.section("a.b") == {"x": {"y": 1}}


@pytest.mark.parametrize("token", [None, "", "   ", "\t\n"])
def test_a17_a_missing_or_blank_token_is_generated(store: ConfigStore, path: Path, token: str | None) -> None:
    put(path, {"auth": {"install_token": token}})
    assert store.ensure_token() == []
    made = store.current.auth.install_token
    assert made is not None
    assert len(made) == 43
    assert json.loads(path.read_text())["auth"]["install_token"] == made
    assert store.ensure_token() == []
    assert store.current.auth.install_token == made


def test_a17_a_short_token_works_and_is_warned_of(store: ConfigStore, path: Path) -> None:
    put(path, {"auth": {"install_token": "short"}})
    (warning,) = store.ensure_token()
    assert "can be guessed" in warning
    assert store.current.auth.install_token == "short"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_a12_a_readable_file_is_tightened_with_a_warning(
    store: ConfigStore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(path, {"auth": {"install_token": SECRET}})
    path.chmod(0o644)
    (warning,) = store.ensure_token()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "could be read by others" in warning
    assert warning in caplog.messages
    assert SECRET not in caplog.text
    assert store.ensure_token() == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_a11_the_file_we_make_is_private(store: ConfigStore, path: Path) -> None:
    store.ensure_token()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a16_a_running_core_sees_a_token_that_another_process_rotated(store: ConfigStore, path: Path) -> None:
    store.ensure_token()
    old = store.current.auth.install_token
    new = ConfigStore(path).rotate_token()
    assert new != old
    wait_for(lambda: store.current.auth.install_token == new)


def test_a_rewrite_in_place_of_equal_length_and_time_is_seen(store: ConfigStore, path: Path) -> None:
    put(path, {"network": {"core_port": 1111}})
    times = path.stat()
    store.load()
    put(path, {"network": {"core_port": 2222}})
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    wait_for(lambda: store.current.network.core_port == 2222)


def test_while_the_file_is_torn_or_gone_the_last_good_one_stays_with_one_warning_each(
    store: ConfigStore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    put(path, {"network": {"core_port": 1111}})
    store.load()

    put(path, '{"network": {"core_port": 22')
    wait_for(lambda: store.current is not None and len(caplog.messages) == 1)
    path.unlink()
    wait_for(lambda: store.current is not None and len(caplog.messages) == 2)
    looked_until = time.monotonic() + 0.6
    wait_for(lambda: store.current.network.core_port == 1111 and time.monotonic() > looked_until)

    assert "line 1" in caplog.messages[0]
    assert "is gone" in caplog.messages[1]
    assert len(caplog.messages) == 2
    put(path, {"network": {"core_port": 3333}})
    wait_for(lambda: store.current.network.core_port == 3333)


def test_reading_the_current_configuration_never_waits_for_a_writer(store: ConfigStore, path: Path) -> None:
    store.load()
    seen = []

    def change(content: dict[str, Any]) -> None:
        reader = threading.Thread(target=lambda: seen.append(store.current))
        time.sleep(0.3)  # long enough for `current` to want a look at the file
        reader.start()
        reader.join(60)

    store.update(change)
    assert seen == [CoreConfig()]
