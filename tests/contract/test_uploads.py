"""Uploads as clients really send them: odd names and types, broken bodies, limits, many at once, and curl."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def body_of(*parts: tuple[bytes, bytes], end: bytes = b"--b--\r\n") -> bytes:
    """A multipart body from headers and contents."""
    return b"".join(b"--b\r\n" + headers + b"\r\n\r\n" + content + b"\r\n" for headers, content in parts) + end


def file_part(content: bytes, name: bytes = b'filename="a.txt"', kind: bytes = b"text/plain") -> tuple[bytes, bytes]:
    return b'Content-Disposition: form-data; name="file"; ' + name + b"\r\nContent-Type: " + kind, content


@pytest.fixture
def nothing_left(house, blobs, rows) -> Any:
    """Fails, after the test, if it left a row, a blob or a temporary file."""

    def count() -> tuple[list[str], int]:
        return blobs(house.home), rows(house.home, "SELECT count(*) AS n FROM assets")[0]["n"]

    before = count()
    yield
    assert count() == before


# --- Names and types


@pytest.mark.parametrize(
    "name",
    ["../../x", "..\\..\\x", "C:\\x", "CON", "a/b", ".", "..", " leading", "~", "con.txt.", "-rf", "$(id)"],
)
def test_v14_a_name_is_text_and_never_a_place(api, house, blobs, name: str) -> None:
    content = api.content()
    digest = hashlib.sha256(content).hexdigest()
    before = set(blobs(house.home))
    asset = api.upload(content, name)
    assert asset["filename"] == name
    assert asset["storage_key"] == f"files/{digest[:2]}/{digest}"
    assert set(blobs(house.home)) - before == {f"assets/files/{digest[:2]}/{digest}"}
    assert api.ask("GET", f"/v1/assets/{digest}/download").content == content


def test_v14_a_long_name_is_cut_and_keeps_its_suffix(api) -> None:
    kept = api.upload(name="ü" * 300 + ".jpeg")["filename"]
    assert (len(kept), kept[-6:]) == (255, "ü.jpeg")
    assert api.upload(name="x" * 255)["filename"] == "x" * 255


@pytest.mark.usefixtures("nothing_left")
def test_v14_without_a_usable_name_nothing_is_stored(api) -> None:
    for name in (b"", b'filename=""', b'filename=" "', b"filename*=UTF-8''a%00b"):
        content = api.content()
        api.error_of(api.raw_upload(body_of(file_part(content, name))), 422, "validation_error")


@pytest.mark.parametrize("sent", [b"text/plain\x7f", b"x" * 10_000, b"nonsense", b"/", b"text/", b'a/b; x="'])
def test_v16_a_type_that_is_none_is_replaced_by_a_guess(api, sent: bytes) -> None:
    asset = api.data_of(api.raw_upload(body_of(file_part(api.content(), b'filename="a.png"', sent))))
    assert asset["mime_type"] == "image/png"
    assert api.ask("GET", f"/v1/assets/{asset['asset_id']}/download").headers["content-type"] == "image/png"


@pytest.mark.parametrize("sent", ['a/b; x="y z"', "application/vnd.x+json;v=1", "TEXT/HTML", "x/y"])
def test_v16_a_type_by_the_grammar_is_kept_as_sent(api, sent: str) -> None:
    asset = api.data_of(api.raw_upload(body_of(file_part(api.content(), kind=sent.encode()))))
    assert asset["mime_type"] == sent
    assert api.data("GET", f"/v1/assets/{asset['asset_id']}")["mime_type"] == sent


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("x.html", "text/html", b"<script>alert(1)</script>"),
        ("x.svg", "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("x.xml", "text/xml", b'<?xml-stylesheet type="text/xsl" href="x.xsl"?><x/>'),
        ("x.pdf", "application/pdf", b"%PDF-1.7 /JavaScript"),
        ("x.mhtml", "multipart/related", b"MIME-Version: 1.0"),
        ("x.js", "text/javascript", b"alert(1)"),
        ("x.png", "image/png, text/html", b"\x89PNG <script>"),
        ("x.xhtml", "application/xhtml+xml", b"<html/>"),
    ],
)
def test_b17_what_a_browser_could_run_is_inert_in_a_download(api, name: str, kind: str, content: bytes) -> None:
    asset = api.data_of(api.raw_upload(body_of(file_part(content, b'filename="%s"' % name.encode(), kind.encode()))))
    response = api.ask("GET", f"/v1/assets/{asset['asset_id']}/download")
    assert response.content == content
    assert response.headers["content-disposition"].startswith("attachment")
    assert response.headers["content-type"] in {"application/octet-stream", "image/png"}
    assert "html" not in response.headers["content-type"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == "sandbox; default-src 'none'"


def test_b17_pictures_keep_their_type(api) -> None:
    for kind in ("image/png", "image/jpeg", "image/gif", "image/webp"):
        asset = api.upload(name="x", content_type=kind)
        assert api.ask("GET", f"/v1/assets/{asset['asset_id']}/download").headers["content-type"] == kind


# --- Bodies that are none


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b",
        b"--b\r\n",
        b"--b--\r\n",
        b"nonsense",
        body_of(file_part(b"never closed"), end=b""),
        body_of(file_part(b"cut off"))[:-8],
        body_of((b"Content-Type: text/plain", b"no disposition")),
        body_of((b"Content-Disposition: form-data", b"no name")),
        body_of((b'Content-Disposition: attachment; name="file"; filename="a"', b"no form-data")),
        body_of(file_part(b"first of two"), file_part(b"second of two")),
        body_of(file_part(b"other boundary")).replace(b"--b", b"--c"),
    ],
    ids=range(12),
)
def test_v25_a_body_that_is_not_whole_is_422_and_leaves_nothing(api, body: bytes) -> None:
    api.error_of(api.raw_upload(body), 422, "validation_error")


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (b"filename*=UTF-8''%e4%b8%ad%20%22.txt", '中 ".txt'),
        (b"filename*=ISO-8859-1''na%EFve.txt", "naïve.txt"),
        (b"filename*=utf-8'en'plain", "plain"),
        ('filename="é中.txt"'.encode(), "é中.txt"),
        (b'filename="a%22b"', "a%22b"),
    ],
)
def test_v25_names_are_decoded(api, sent: bytes, name: str) -> None:
    assert api.data_of(api.raw_upload(body_of(file_part(api.content(), sent))))["filename"] == name


def test_v25_other_parts_are_ignored_wherever_they_stand(api) -> None:
    other = (b'Content-Disposition: form-data; name="comment"', b"hello")
    meta = (b'Content-Disposition: form-data; name="meta"; filename="m.json"', b'{"n": 1}')
    asset = api.data_of(api.raw_upload(body_of(other, meta, file_part(api.content()), other)))
    assert [entry["Name"] for entry in asset["meta"]["metadata"]] == ["m.json"]


@pytest.mark.usefixtures("nothing_left")
def test_v24_an_empty_file_is_422_and_leaves_nothing(api) -> None:
    api.error("POST", "/v1/assets/upload", 422, "validation_error", files={"file": ("a.txt", b"")})


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("size", [10, 3_000_000])
@pytest.mark.parametrize(
    "sidecar",
    [
        b"\xff\xfe",
        b"nothing",
        b"null",
        b'""',
        b"9" * 5000,
        b'"' + b"x" * 1024 * 1024 + b'"',
        b"[" * 65 + b"]" * 65,
        b"NaN",
        b'"\\u0000"',
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, bytes) else value,
)
def test_v24_a_sidecar_that_is_none_is_422_and_leaves_nothing(api, sidecar: bytes, size: int) -> None:
    files = {"file": ("a.txt", b"x" * size), "meta": ("m.json", sidecar)}
    api.error("POST", "/v1/assets/upload", 422, "validation_error", files=files)
    reversed_files = dict(reversed(files.items()))
    api.error("POST", "/v1/assets/upload", 422, "validation_error", files=reversed_files)


def test_a_kind_is_a_short_word(api) -> None:
    for kind in ("", "x" * 101):
        files = {"file": ("a", api.content())}
        api.error("POST", "/v1/assets/upload", 422, "validation_error", files=files, params={"kind": kind})
    assert api.upload(kind="x" * 100)["kind"] == "x" * 100


# --- Limits


@pytest.fixture
def limited(start_core, api_of, tmp_path: Path) -> Any:
    """Speaks to a Core with these `limits` in its core.json."""

    def start(**limits: int) -> tuple[Any, Path]:
        home = tmp_path / "limited"
        (home / "config").mkdir(parents=True)
        content = {"auth": {"install_token": "a-token-of-some-length"}, "limits": limits}
        (home / "config" / "core.json").write_text(json.dumps(content))
        return api_of(start_core(home).client), home

    return start


@pytest.mark.parametrize("chunked", [False, True])
def test_r02_an_upload_beyond_its_limit_is_413_and_leaves_nothing(limited, blobs, chunked: bool) -> None:
    limit = 2_000_000
    api, home = limited(upload_bytes=limit)
    files = {"file": ("a.bin", b"x" * (limit + 1))}
    if chunked:
        whole = body_of(file_part(b"x" * (limit + 1)))
        body = (whole[at : at + 65_536] for at in range(0, len(whole), 65_536))
        api.error_of(api.raw_upload(body), 413, "payload_too_large")
    else:
        api.error("POST", "/v1/assets/upload", 413, "payload_too_large", files=files)
    assert blobs(home) == []
    assert api.upload(b"x" * (limit - 1000))["byte_size"] == limit - 1000


def test_r03_without_space_the_body_is_not_even_read(limited, blobs) -> None:
    api, home = limited(free_space_reserve_bytes=2**60)
    read = []

    def body() -> Any:
        read.append(1)
        yield body_of(file_part(b"x"))

    error = api.error("POST", "/v1/assets/upload", 507, "insufficient_storage", files={"file": ("a", b"x")})
    assert error["details"]["reserve_bytes"] == 2**60
    api.error_of(api.raw_upload(body()), 507, "insufficient_storage")
    assert blobs(home) == []
    assert api.entity()["entity_id"]


# --- Many at once, and real clients


def test_d17_the_same_bytes_twenty_times_at_once_are_one_asset(start_process, api_of, blobs, rows) -> None:
    core = start_process()
    content = os.urandom(300_000)
    digest = hashlib.sha256(content).hexdigest()
    api = api_of(core.client())

    def upload(number: int) -> str:
        return str(api.upload(content, f"{number}.bin", meta={"n": number % 4})["asset_id"])

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(upload, range(20))) == {digest}
    (row,) = rows(core.home, "SELECT asset_id, meta_json FROM assets")
    assert sorted(entry["Data"]["n"] for entry in json.loads(row["meta_json"])["metadata"]) == [0, 1, 2, 3]
    assert blobs(core.home) == [f"assets/files/{digest[:2]}/{digest}"]
    assert api.ask("GET", f"/v1/assets/{digest}/download").content == content


@pytest.fixture
def curl(start_process, require_tool, tmp_path: Path) -> Any:
    """Runs curl against a real Core: ``curl(path, *options)`` gives status and body."""
    program = require_tool("curl")
    core = start_process()

    def run(path: str, *options: str, token: bool = True) -> tuple[int, bytes]:
        out = tmp_path / "out"
        credential = ["-H", f"Authorization: Bearer {core.token}"] if token else []
        command = [program, "-sS", "--max-time", "30", "-o", str(out), "-w", "%{http_code}", *credential, *options]
        done = subprocess.run([*command, core.url + path], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return int(done.stdout), out.read_bytes() if out.exists() else b""

    return run


def test_curl_uploads_and_resumes(curl, tmp_path: Path) -> None:
    file, meta = tmp_path / "näme, odd.bin", tmp_path / "_meta.json"
    file.write_bytes(os.urandom(3_000_000))
    meta.write_text('{"n": 1}')
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    expect, chunked = ("-H", "Expect: 100-continue"), ("-H", "Transfer-Encoding: chunked")
    for options in ((), expect, chunked, (*expect, *chunked), ("--http1.0",)):
        form = ("-F", f'file=@"{file}";type=image/png', "-F", f"meta=@{meta}")
        status, body = curl("/v1/assets/upload?kind=photo", *options, *form)
        assert status == 200, (options, body)
        asset = json.loads(body)["data"]
        assert (asset["asset_id"], asset["filename"], asset["mime_type"]) == (digest, file.name, "image/png")
        assert len(asset["meta"]["metadata"]) == 1
    status, first = curl(f"/v1/assets/{digest}/download", "-r", "0-999999")
    assert (status, first) == (206, file.read_bytes()[:1_000_000])
    status, whole = curl(f"/v1/assets/{digest}/download", "-C", "-")  # goes on where its output file ends
    assert (status, whole) == (206, file.read_bytes())


def test_curl_hears_why_a_large_upload_is_refused_before_it_sends_it(curl, tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    file.write_bytes(b"x" * 30_000_000)
    headers = ("-H", "Content-Type: application/json", "-H", "Expect: 100-continue")
    status, body = curl("/v1/entities", *headers, "--data-binary", f"@{file}")
    assert (status, json.loads(body)["error"]["code"]) == (413, "payload_too_large")
    status, body = curl("/v1/assets/upload", "-F", f"file=@{file}", "-H", "Expect: 100-continue", token=False)
    assert (status, json.loads(body)["error"]["code"]) == (401, "unauthorized")
