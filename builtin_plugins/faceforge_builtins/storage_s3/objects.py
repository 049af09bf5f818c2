"""Objects of one server: stored whole and confirmed, read by range, deleted; every failure in the SDK's words."""

from __future__ import annotations

import base64
import hashlib
import math
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from faceforge_sdk.errors import FaceForgeError, IntegrityError
from faceforge_sdk.files import CHUNK, storage_error

from .connection import NO_ANSWER, code_of, describe, status_of
from .deadline import Progress, in_time
from .pace import Pace, PacedSegment
from .reader import S3Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from mypy_boto3_s3 import S3Client

    from .connection import Connection
    from .settings import ObjectKey, Patience

    LeaveUpload = Callable[[ObjectKey, str], None]

T = TypeVar("T")

_MAX_PARTS = 10_000
_TYPE = "application/octet-stream"  # else some servers guess one from the bytes
_PASSING = frozenset({500, 502, 503, 504})


class Objects:
    """What the provider and its caretaker do to objects. Every method blocks and may run in several threads."""

    def __init__(self, connection: Connection, patience: Patience) -> None:
        self._connection = connection
        self._patience = patience
        self._sending: set[str] = set()

    # --- Storing

    def store(self, key: ObjectKey, source: Path, byte_size: int, leave_upload: LeaveUpload) -> None:
        """Send a file; on return the server has acknowledged it and knows its size. Raises `StorageUnavailable`.

        An upload in parts that fails is handed to `leave_upload` for tidying: who waits here waits no longer for that.
        """
        client = self._connection.client()
        with self._storing():
            if byte_size <= self._patience.part_size:
                self._send_whole(client, key, source, byte_size)
            else:
                self._send_in_parts(client, key, source, byte_size, leave_upload)
            self._confirm(client, key, byte_size)

    def _send_whole(self, client: S3Client, key: ObjectKey, source: Path, byte_size: int) -> None:
        checksum = base64.b64encode(bytes.fromhex(key.content_hash)).decode()
        progress = Progress()
        with source.open("rb") as file:
            self._twice(
                lambda: client.put_object(
                    Bucket=key.bucket,
                    Key=key.name,
                    Body=self._segment(file, 0, byte_size, progress),
                    ContentType=_TYPE,
                    ChecksumSHA256=checksum,
                ),
                progress,
            )

    def _send_in_parts(
        self, client: S3Client, key: ObjectKey, source: Path, byte_size: int, leave_upload: LeaveUpload
    ) -> None:
        place: dict[str, Any] = {"Bucket": key.bucket, "Key": key.name}
        upload_id = self._twice(lambda: client.create_multipart_upload(**place, ContentType=_TYPE))["UploadId"]
        part_size = max(self._patience.part_size, math.ceil(byte_size / _MAX_PARTS))
        self._sending.add(upload_id)
        try:
            starts = range(0, byte_size, part_size)
            parts = [{**place, "UploadId": upload_id, "PartNumber": number + 1} for number in range(len(starts))]
            sizes = [min(part_size, byte_size - start) for start in starts]
            with _Hurry(self._patience.parts_at_once) as pool:
                found = pool.map(partial(self._send_part, client, source), parts, starts, sizes)
                tags = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(found, start=1)]
            self._twice(
                lambda: client.complete_multipart_upload(
                    **place,
                    UploadId=upload_id,
                    MultipartUpload={"Parts": tags},  # type: ignore[typeddict-item]  # plain dictionaries
                )
            )
        except BaseException:
            leave_upload(key, upload_id)
            raise
        finally:
            self._sending.discard(upload_id)

    def _send_part(self, client: S3Client, source: Path, part: dict[str, Any], start: int, size: int) -> str:
        with source.open("rb") as file:
            checksum = _md5_of(file, start, size)
            progress = Progress()
            return self._twice(
                lambda: client.upload_part(
                    **part, Body=self._segment(file, start, size, progress), ContentMD5=checksum
                ),
                progress,
            )["ETag"]

    def _segment(self, file: BinaryIO, start: int, size: int, progress: Progress) -> Any:
        """A body for boto3, which asks for less than the whole interface of a file that its types demand."""
        pace = Pace(self._patience.floor // self._patience.parts_at_once, self._patience.stall)
        return PacedSegment(file, start, size, pace, progress.note)

    def _confirm(self, client: S3Client, key: ObjectKey, byte_size: int) -> None:
        facts = self._twice(lambda: client.head_object(Bucket=key.bucket, Key=key.name, ChecksumMode="ENABLED"))
        if facts["ContentLength"] != byte_size:
            raise _NotStored(f"it kept {facts['ContentLength']} of {byte_size} bytes")
        checksum = facts.get("ChecksumSHA256", "")
        if len(checksum) == 44 and base64.b64decode(checksum).hex() != key.content_hash:  # with a dash: of the parts
            raise _NotStored("it kept other bytes")

    @contextmanager
    def _storing(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            if code_of(error) == "NoSuchBucket":
                self._connection.bucket_is_gone()
            raise self._connection.refused_file(f"it answers {describe(error)}") from error
        except _NotStored as error:
            raise self._connection.refused_file(str(error)) from error
        except NO_ANSWER as error:
            if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError):
                raise storage_error(error) from error  # the file's own disk
            raise self._connection.lost(f"it took no more of a file ({type(error).__name__})") from error

    # --- Reading

    def open(self, key: ObjectKey, start: int, end: int) -> S3Reader:
        """Bytes `start` to `end`. Raises `IntegrityError` if they are not there, or others are answered."""
        client = self._connection.client()
        with self._reading():
            answer = self._twice(
                lambda: client.get_object(Bucket=key.bucket, Key=key.name, Range=f"bytes={start}-{end - 1}")
            )
        body: Any = answer["Body"]
        stream = body._raw_stream  # noqa: SLF001  # StreamingBody itself can't read what is there and no more
        reader = S3Reader(stream, end - start, self._pace(), self._connection.lost)
        try:
            _require_range(answer, start, end)
        except IntegrityError:
            reader.close()
            raise
        return reader

    def size(self, key: ObjectKey) -> int | None:
        """The size in bytes, None where there is no such object."""
        client = self._connection.client()
        try:
            with self._reading():
                return int(self._twice(lambda: client.head_object(Bucket=key.bucket, Key=key.name))["ContentLength"])
        except IntegrityError:
            return None

    def hash_of(self, key: ObjectKey, keep_going: Callable[[], None]) -> str | None:
        """The SHA-256 of what the server really has, read in full; None where it has nothing.

        `keep_going` is called between chunks and stops it by raising.
        """
        byte_size = self.size(key)
        if byte_size is None:
            return None
        digest = hashlib.sha256()
        if byte_size:
            with self.open(key, 0, byte_size) as reader:
                while chunk := reader.read(256 * 1024):
                    digest.update(chunk)
                    keep_going()
        return digest.hexdigest()

    # --- Removing

    def delete(self, key: ObjectKey) -> None:
        """Nothing happens if it is gone already."""
        client = self._connection.client()
        try:
            with self._reading():
                self._twice(lambda: client.delete_object(Bucket=key.bucket, Key=key.name))
        except IntegrityError:
            return

    def abort_upload(self, key: ObjectKey, upload_id: str) -> None:
        """Have the server drop the parts of an upload that failed; nothing happens if it knows none."""
        self._abort(key.bucket, key.name, upload_id)

    def abort_stale_uploads(self, bucket: str) -> int:
        """Drop parts that a Core which died left behind, once nobody can be sending them any more."""
        client = self._connection.client()
        before = datetime.now(UTC) - timedelta(seconds=self._patience.stale_upload)
        with self._reading():
            pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix="assets/")
            found = [upload for page in pages for upload in page.get("Uploads", [])]
        stale = [upload for upload in found if upload["Initiated"] <= before]
        for upload in stale:
            if upload["UploadId"] not in self._sending:  # whatever the server's clock says
                self._abort(bucket, upload["Key"], upload["UploadId"])
        return len(stale)

    def _abort(self, bucket: str, name: str, upload_id: str) -> None:
        client = self._connection.client()
        try:
            with self._reading():
                self._twice(lambda: client.abort_multipart_upload(Bucket=bucket, Key=name, UploadId=upload_id))
        except IntegrityError:
            return

    # --- What all have in common

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            raise self._refusal(error) from error
        except NO_ANSWER as error:
            raise self._connection.lost(f"it does not answer ({type(error).__name__})") from error

    def _refusal(self, error: ClientError) -> FaceForgeError:
        if code_of(error) == "NoSuchBucket":
            self._connection.bucket_is_gone()
        elif status_of(error) == 404:
            return IntegrityError("The file's bytes are missing in S3.", details={"reason": "missing"})
        elif status_of(error) == 416:
            return IntegrityError("The object in S3 is shorter than the file.", details={"reason": "size"})
        return self._connection.lost(f"it answers {describe(error)}")

    def _twice(self, ask: Callable[[], T], progress: Progress | None = None) -> T:
        """Ask again, once, where the first failure was quick and may pass: an idle connection was closed, a 503."""
        started = time.monotonic()
        try:
            return in_time(ask, self._patience.stall, progress)
        except (ClientError, *NO_ANSWER) as error:
            passes = status_of(error) in _PASSING if isinstance(error, ClientError) else True
            if not passes or time.monotonic() - started > self._patience.second_try_within:
                raise
        return in_time(ask, self._patience.stall, progress)

    def _pace(self) -> Pace:
        return Pace(self._patience.floor, self._patience.stall)


class _Hurry(ThreadPoolExecutor):
    """Threads for some parts at once; after a failure no further part is begun."""

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.shutdown(cancel_futures=kind is not None)


class _NotStored(Exception):
    """The server acknowledged a file, and does not have it as it was sent."""


def _md5_of(file: BinaryIO, start: int, size: int) -> str:
    """What every server verifies a part by; a SHA-256 of a part is refused by those that were not asked before."""
    digest = hashlib.md5(usedforsecurity=False)
    file.seek(start)
    for at in range(0, size, CHUNK):
        digest.update(file.read(min(CHUNK, size - at)))
    return base64.b64encode(digest.digest()).decode()


def _require_range(answer: Any, start: int, end: int) -> None:
    """Whether the answer promises just these bytes; whole objects may be answered without saying a range."""
    said, length = answer.get("ContentRange"), answer.get("ContentLength")
    if said is not None and not str(said).startswith(f"bytes {start}-{end - 1}/"):
        raise IntegrityError("S3 answered with another part of the file.", details={"reason": "range"})
    if said is None and start != 0:
        raise IntegrityError("S3 does not answer with parts of files.", details={"reason": "range"})
    if length is not None and length != end - start:
        raise IntegrityError(f"S3 has {length} bytes where {end - start} belong.", details={"reason": "size"})
