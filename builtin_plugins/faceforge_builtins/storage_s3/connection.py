"""The server as this process knows it: its client, whether it answers, and when to ask again."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from faceforge_sdk.errors import StorageUnavailable
from faceforge_sdk.texts import to_translate

from .client import Clients
from .deadline import in_time

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

    from .settings import Patience, Target

NO_ANSWER = (BotoCoreError, ResponseParserError, OSError)
"""What a client raises where no answer of S3's came back; an answer that refuses is a `ClientError`."""

_MISSING = frozenset({"404", "NoSuchBucket"})
_OURS_ALREADY = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})


class Connection:
    """Gives clients of a server that answers, and refuses at once for `patience.rest` after one that did not.

    Whoever comes first after that asks the server (a signed HEAD of the bucket, three seconds at most) for all others.
    Refused or failed uploads alone do not keep anyone from reading. Each change is logged once.
    """

    def __init__(self, find_target: Callable[[], Target], bucket: str, patience: Patience, log: logging.Logger) -> None:
        self._find_target = find_target
        self._bucket = bucket
        self._patience = patience
        self._log = log
        self._lock = threading.Lock()
        self._target: Target | None = None
        self._clients: Clients | None = None
        self._answers = False
        self._trouble: str | None = None
        self._ask_after = 0.0
        self._put_after = 0.0

    def client(self) -> S3Client:
        """The client. Raises `StorageUnavailable`, at once or after the three seconds of asking."""
        target = self._find_target()
        clients = self._clients
        if clients is not None and self._answers and target == self._target:
            return clients.work
        with self._lock:
            if target != self._target:
                self._forget(target)
            if not self._answers:
                self._ask(target)
            return self._made(target).work

    def takes_files(self) -> bool:
        """Whether a file would be sent now."""
        if time.monotonic() < self._put_after:
            return False
        try:
            self.client()
        except StorageUnavailable:
            return False
        return True

    def trouble(self) -> str | None:
        """Why no file would be sent now, as a sentence; asks the server only where that is due."""
        try:
            self.client()
        except StorageUnavailable as error:
            return str(error)
        return (
            None
            if time.monotonic() >= self._put_after
            else to_translate("S3 did not take the last file that was sent.")
        )

    def lost(self, reason: str) -> StorageUnavailable:
        """Note that the server did not answer as it should; returns the error to raise."""
        with self._lock:
            self._rest(reason)
        return self._unavailable()

    def refused_file(self, reason: str) -> StorageUnavailable:
        """Note that a file could not be stored although the server answers; returns the error to raise."""
        if time.monotonic() >= self._put_after:
            self._log.warning("S3 does not take files at the moment: %s. They go to the home.", reason)
        self._put_after = time.monotonic() + self._patience.rest
        return StorageUnavailable(f"S3 did not store the file: {reason}.", retry_after=int(self._patience.rest))

    def bucket_is_gone(self) -> None:
        """Have the bucket looked at, and made, before the next request."""
        with self._lock:
            self._answers = False
            self._ask_after = 0.0

    def close(self) -> None:
        """Let go of idle connections."""
        with self._lock:
            if self._clients is not None:
                self._clients.close()
            self._clients, self._answers = None, False

    def _forget(self, target: Target) -> None:
        self._target, self._clients, self._answers = target, None, False
        self._ask_after = self._put_after = 0.0

    def _ask(self, target: Target) -> None:
        """Find out whether the server answers, with the lock held: nobody else asks meanwhile."""
        if time.monotonic() < self._ask_after:
            raise self._unavailable()
        try:
            seconds = self._patience.probe_connect + self._patience.probe_read
            probe = self._made(target).probe
            in_time(lambda: self._look_at_bucket(probe, target), seconds)
        except ClientError as error:
            self._rest(f"it answers {describe(error)} for the bucket {self._bucket!r}")
            raise self._unavailable() from error
        except (*NO_ANSWER, ValueError) as error:  # ValueError: an address that is none
            self._rest(f"it does not answer ({type(error).__name__})")
            raise self._unavailable() from error
        if self._trouble is not None:
            self._log.info("S3 at %s answers again.", target.url)
        self._answers, self._trouble = True, None

    def _look_at_bucket(self, probe: S3Client, target: Target) -> None:
        try:
            probe.head_bucket(Bucket=self._bucket)
        except ClientError as error:
            if code_of(error) not in _MISSING:
                raise
            make_bucket(probe, self._bucket, target.region)

    def _made(self, target: Target) -> Clients:
        if self._clients is None:
            self._clients = Clients(target, self._patience)
        return self._clients

    def _rest(self, reason: str) -> None:
        if self._answers or self._trouble is None:
            where = "S3" if self._target is None else f"S3 at {self._target.url}"
            self._log.warning("%s can't be used: %s. New files go to the home meanwhile.", where, reason)
        self._answers, self._trouble = False, reason
        self._ask_after = time.monotonic() + self._patience.rest

    def _unavailable(self) -> StorageUnavailable:
        wait = max(1, round(self._ask_after - time.monotonic()))
        return StorageUnavailable(f"S3 can't be used at the moment: {self._trouble}.", retry_after=wait)


def code_of(error: ClientError) -> str:
    """S3's word for what is wrong, or the HTTP status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """The HTTP status; 0 where there was none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def describe(error: ClientError) -> str:
    """Status and code, never the message: that may repeat what was sent."""
    code = "".join(char for char in code_of(error)[:40] if char.isalnum())
    return f"{status_of(error)} {code}".rstrip()


def make_bucket(client: S3Client, bucket: str, region: str) -> None:
    """Make a bucket, unless it is there by now. Raises `ClientError`."""
    try:
        if region == "us-east-1":  # the one region that may not be named
            client.create_bucket(Bucket=bucket)
        else:
            client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})  # type: ignore[typeddict-item]  # any text, not AWS's list
    except ClientError as error:
        if code_of(error) not in _OURS_ALREADY:
            raise
