"""S13: what the provider relies on, asked of the real SeaweedFS directly."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

BYTES = b"what was sent"
OTHER = b"something else"


@pytest.fixture
def client(weed: Any) -> Any:
    client = weed.client
    if "s13" not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket="s13")
    return client


def refused(work: Callable[[], object]) -> int:
    with pytest.raises(ClientError) as error:
        work()
    return int(error.value.response["ResponseMetadata"]["HTTPStatusCode"])


def sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def test_s13_put_get_range_and_head_are_honoured(client: Any) -> None:
    client.put_object(Bucket="s13", Key="a", Body=BYTES, ChecksumSHA256=sha256(BYTES), ContentMD5=md5(BYTES))
    assert client.get_object(Bucket="s13", Key="a")["Body"].read() == BYTES
    part = client.get_object(Bucket="s13", Key="a", Range="bytes=2-5")
    assert (part["Body"].read(), part["ContentRange"]) == (BYTES[2:6], f"bytes 2-5/{len(BYTES)}")
    facts = client.head_object(Bucket="s13", Key="a", ChecksumMode="ENABLED")
    assert (facts["ContentLength"], facts["ChecksumSHA256"]) == (len(BYTES), sha256(BYTES))


@pytest.mark.parametrize("checksum", [{"ContentMD5": md5(OTHER)}, {"ChecksumSHA256": sha256(OTHER)}], ids=str)
def test_s13_a_wrong_checksum_is_refused_and_nothing_is_stored(client: Any, checksum: dict[str, str]) -> None:
    assert refused(lambda: client.put_object(Bucket="s13", Key="wrong", Body=BYTES, **checksum)) == 400
    assert refused(lambda: client.head_object(Bucket="s13", Key="wrong")) == 404


def test_s13_a_part_with_a_wrong_checksum_is_refused(client: Any) -> None:
    part = {"Bucket": "s13", "Key": "part", "PartNumber": 1}
    upload = client.create_multipart_upload(Bucket="s13", Key="part")["UploadId"]
    assert refused(lambda: client.upload_part(**part, UploadId=upload, Body=BYTES, ContentMD5=md5(OTHER))) == 400
    client.upload_part(**part, UploadId=upload, Body=BYTES, ContentMD5=md5(BYTES))


def test_s13_if_none_match_keeps_what_is_there(client: Any) -> None:
    client.put_object(Bucket="s13", Key="once", Body=BYTES)
    assert refused(lambda: client.put_object(Bucket="s13", Key="once", Body=OTHER, IfNoneMatch="*")) == 412
    assert client.get_object(Bucket="s13", Key="once")["Body"].read() == BYTES


def test_s13_parts_become_one_object_and_an_aborted_upload_leaves_nothing(client: Any) -> None:
    place = {"Bucket": "s13", "Key": "parts"}
    upload = client.create_multipart_upload(**place)["UploadId"]
    pieces = [b"a" * (5 << 20), b"b" * 10]
    tags = [
        {
            "PartNumber": number,
            "ETag": client.upload_part(**place, UploadId=upload, PartNumber=number, Body=piece)["ETag"],
        }
        for number, piece in enumerate(pieces, start=1)
    ]
    client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": tags})
    assert client.get_object(**place)["Body"].read() == b"".join(pieces)

    dropped = client.create_multipart_upload(**place)["UploadId"]
    client.upload_part(**place, UploadId=dropped, PartNumber=1, Body=b"x")
    client.abort_multipart_upload(**place, UploadId=dropped)
    listed = client.list_multipart_uploads(Bucket="s13").get("Uploads", [])
    assert dropped not in [one["UploadId"] for one in listed]


def test_s13_without_keys_nothing_is_answered(weed: Any) -> None:
    import httpx

    assert httpx.get(f"{weed.url}/s13/a", timeout=60).status_code == 403
    assert httpx.put(f"{weed.url}/s13/b", content=b"x", timeout=60).status_code == 403
