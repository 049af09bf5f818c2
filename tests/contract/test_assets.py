"""Assets over the wire (section 2 of the contract): upload, facts, download."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("unread")

KEYS = {
    "asset_id",
    "kind",
    "filename",
    "content_hash",
    "byte_size",
    "mime_type",
    "storage_provider",
    "storage_key",
    "meta",
    "created_at",
    "updated_at",
}
NO_ID = "0" * 64


@pytest.fixture
def hundred(api) -> dict[str, Any]:
    """An asset of a hundred bytes, each different."""
    stored: dict[str, Any] = api.upload(bytes(range(100)), "hundred.bin")
    return stored


@pytest.fixture
def load(api, hundred) -> Any:
    """Downloads `hundred`."""
    path = f"/v1/assets/{hundred['asset_id']}/download"
    return lambda method="GET", **headers: api.ask(
        method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


# --- Upload


def test_an_asset_has_these_fields_and_types(api) -> None:
    content = api.content()
    digest = hashlib.sha256(content).hexdigest()
    asset = api.upload(content, "a photo.jpg", "image/jpeg", kind="image.original")
    assert set(asset) >= KEYS
    assert {key: asset[key] for key in KEYS - {"meta", "created_at"}} == {
        "asset_id": digest,
        "kind": "image.original",
        "filename": "a photo.jpg",
        "content_hash": digest,
        "byte_size": len(content),
        "mime_type": "image/jpeg",
        "storage_provider": "fs",
        "storage_key": f"files/{digest[:2]}/{digest}",
        "updated_at": asset["created_at"],
    }
    assert isinstance(asset["meta"], dict)
    assert api.data("GET", f"/v1/assets/{digest}") == asset


def test_the_bytes_lie_under_assets_where_the_key_says(api, house) -> None:
    content = api.content()
    asset = api.upload(content)
    assert (house.home / "assets" / asset["storage_key"]).read_bytes() == content


def test_the_kind_is_file_by_default(api) -> None:
    assert api.upload()["kind"] == "file"


def test_the_media_type_is_that_of_the_part(api) -> None:
    for sent in ("text/plain", "Text/Plain; Charset=UTF-8", "application/x-odd+thing", "image/png"):
        assert api.upload(name="x.pdf", content_type=sent)["mime_type"] == sent


def test_a_sidecar_becomes_an_entry_of_the_metadata(api) -> None:
    data = {"caption": "é", "n": [1, None, 2.5]}
    asset = api.upload(meta=data)
    assert asset["meta"]["metadata"] == [
        {"Source": "UserSidecar", "Type": "JsonMetadata", "Name": "_meta.json", "NameHashes": None, "Data": data}
    ]


@pytest.mark.parametrize("data", [[], {}, 0, False, "text", [None]], ids=repr)
def test_a_sidecar_may_be_any_json_but_null_and_an_empty_text(api, data: Any) -> None:
    assert api.upload(meta=data)["meta"]["metadata"][0]["Data"] == data


def test_the_same_bytes_again_are_the_existing_asset(api) -> None:
    content = api.content()
    first = api.upload(content, "first.txt", "text/plain", kind="one")
    again = api.upload(content, "second.txt", "text/html", kind="two")
    assert {key: again[key] for key in KEYS - {"meta"}} == {key: first[key] for key in KEYS - {"meta"}}


@pytest.mark.parametrize(
    "files",
    [
        {"other": ("a", b"x")},
        {"file": (None, b"x")},
        {"file": ("", b"x")},
        {"file": ("a.txt", b"")},
        {"file": ("a.txt", b"refused"), "meta": ("m.json", b"null")},
        {"file": ("a.txt", b"refused"), "meta": ("m.json", b'""')},
        {"file": ("a.txt", b"refused"), "meta": ("m.json", b"")},
        {"file": ("a.txt", b"refused"), "meta": ("m.json", b"{")},
        {"file": ("a.txt", b"refused"), "meta": ("m.json", b'"\xff"')},
        {"file": ("a.txt", b"refused"), "meta": ("m.json", "{}".encode("utf-16"))},
    ],
    ids=repr,
)
def test_an_upload_of_another_shape_is_422(api, files: dict[str, Any]) -> None:
    api.error("POST", "/v1/assets/upload", 422, "validation_error", files=files)
    api.error("GET", f"/v1/assets/{hashlib.sha256(b'refused').hexdigest()}", 404, "not_found")


def test_a_bad_sidecar_has_no_details(api) -> None:
    files = {"file": ("a.txt", b"refused"), "meta": ("m.json", b"{")}
    assert api.error("POST", "/v1/assets/upload", 422, "validation_error", files=files)["details"] is None


def test_a_body_that_is_no_multipart_is_422(api) -> None:
    for content_type in ("application/json", "multipart/form-data", "text/plain"):
        headers = {"content-type": content_type}
        api.error("POST", "/v1/assets/upload", 422, "validation_error", content=b"{}", headers=headers)


def test_meta_may_be_a_plain_field_of_the_form(api) -> None:
    """Browsers' forms and scripts send it without a file name; v0.1.9 took what had one."""
    files = {"file": ("a.txt", api.content()), "meta": (None, json.dumps({"a": 1}))}
    asset = api.data("POST", "/v1/assets/upload", files=files)
    assert asset["meta"]["metadata"][0]["Data"] == {"a": 1}


# --- Download


def test_a_download_has_its_headers(load) -> None:
    response = load()
    assert response.status_code == 200
    assert response.content == bytes(range(100))
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["content-length"] == "100"
    assert response.headers["content-disposition"].startswith("attachment")
    assert 'filename="hundred.bin"' in response.headers["content-disposition"]


@pytest.mark.parametrize(
    ("asked", "answered", "content"),
    [
        ("bytes=0-4", "bytes 0-4/100", range(5)),
        ("bytes=-5", "bytes 95-99/100", range(95, 100)),
        ("bytes=95-", "bytes 95-99/100", range(95, 100)),
        ("bytes=0-999", "bytes 0-99/100", range(100)),
        ("bytes=0-0", "bytes 0-0/100", range(1)),
        ("bytes=99-99", "bytes 99-99/100", range(99, 100)),
        ("bytes=-1000", "bytes 0-99/100", range(100)),
        ("bytes=0-99", "bytes 0-99/100", range(100)),
    ],
)
def test_v17_one_range_is_206_with_exactly_these_bytes(load, asked: str, answered: str, content: range) -> None:
    response = load(Range=asked)
    assert response.status_code == 206
    assert response.headers["content-range"] == answered
    assert response.content == bytes(content)
    assert response.headers["content-length"] == str(len(content))
    assert response.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=-0", "bytes=100-200", f"bytes={10**18}-"])
def test_v18_a_range_outside_is_416_with_the_size(api, load, asked: str) -> None:
    response = load(Range=asked)
    api.error_of(response, 416, "range_not_satisfiable")
    assert response.headers["content-range"] == "bytes */100"


@pytest.mark.parametrize(
    "asked",
    ["items=0-5", "abc", "bytes=5-2", "bytes=+0-5", "bytes=1_0-20", "bytes=0-0,5-6", "bytes=", "bytes=-", "bytes=٣-"],
)
def test_v19_a_range_that_is_none_is_ignored(load, asked: str) -> None:
    """Section 5, 12: malformed ones, other units and several ranges give the whole file."""
    response = load(Range=asked.encode())
    assert (response.status_code, len(response.content)) == (200, 100)
    assert "content-range" not in response.headers


def test_v19_ten_thousand_ranges_cost_nothing(load) -> None:
    assert load(Range="bytes=" + ",".join(f"{n}-{n}" for n in range(5000))).status_code == 200


def test_v20_a_client_that_has_the_file_gets_304_without_a_body(load, hundred) -> None:
    """Section 5, 22."""
    tag = f'"{hundred["content_hash"]}"'
    whole = load()
    assert whole.headers["etag"] == tag
    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        response = load(If_None_Match=condition)
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == tag
    assert load(If_None_Match='"other"').status_code == 200
    assert load(If_Modified_Since=whole.headers["last-modified"]).status_code == 304


def test_v20_a_range_of_another_file_is_the_whole_file(load, hundred) -> None:
    tag = f'"{hundred["content_hash"]}"'
    assert load(Range="bytes=0-4", If_Range='"other"').status_code == 200
    assert load(Range="bytes=0-4", If_Range=tag).status_code == 206


def test_v20_head_gives_the_headers_alone(load) -> None:
    whole = load()
    for head in (load("HEAD"), load("HEAD", Range="bytes=0-4")):
        assert (head.status_code, head.content) == (200, b"")
        for name in ("content-length", "etag", "last-modified", "accept-ranges", "content-disposition"):
            assert head.headers[name] == whole.headers[name]


def test_an_asset_that_does_not_exist_is_404_on_every_path(api) -> None:
    for path in (f"/v1/assets/{NO_ID}", f"/v1/assets/{NO_ID}/download", f"/v1/assets/{'A' * 64}", "/v1/assets/x"):
        api.error("GET", path, 404, "not_found")


@pytest.mark.parametrize("fault", ["missing", "short", "long"])
def test_d13_missing_or_short_bytes_are_500_integrity_error(api, house, fault: str) -> None:
    """Section 5, 17."""
    asset = api.upload()
    blob = house.home / "assets" / asset["storage_key"]
    if fault == "missing":
        blob.unlink()
    else:
        blob.write_bytes(b"x" * (asset["byte_size"] + (1 if fault == "long" else -1)))
    error = api.error("GET", f"/v1/assets/{asset['asset_id']}/download", 500, "integrity_error")
    assert error["details"] == {"asset_id": asset["asset_id"], "reason": "missing" if fault == "missing" else "size"}
    assert api.data("GET", f"/v1/assets/{asset['asset_id']}") == asset
