"""Trying settings of S3 before they are saved: whether a server answers, takes the keys, and keeps a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError, SSLError
from botocore.exceptions import ConnectionError as NoConnection
from botocore.parsers import ResponseParserError
from pydantic import ValidationError

from faceforge_sdk import TrialReport
from faceforge_sdk.errors import FaceForgeError
from faceforge_sdk.problems import problems_of
from faceforge_sdk.texts import to_translate

from .client import Clients
from .connection import code_of, describe, make_bucket, status_of
from .deadline import in_time
from .pace import TooSlow
from .settings import Patience, S3Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_s3 import S3Client

    from .settings import Target

SECONDS = 15.0
_PROBE = "faceforge-connection-test"
_UNKNOWN_KEY = frozenset({"InvalidAccessKeyId", "InvalidClientTokenId"})
_WRONG_SECRET = frozenset({"SignatureDoesNotMatch"})
_SILENT = (ConnectTimeoutError, ReadTimeoutError, TooSlow)


class Trial:
    """Tries one configuration on its own connection; what is in service does not notice.

    `find` says which server a configuration means. Nothing is left behind but a bucket that was missing: it is made,
    as the first file would make it.
    """

    def __init__(self, find: Callable[[S3Settings], Target], patience: Patience | None = None) -> None:
        self._find = find
        self._patience = patience or Patience()

    def attempt(self, config: Mapping[str, Any], stored: Mapping[str, Any]) -> TrialReport:
        """`stored` has the keys that were not typed anew."""
        kept = {name: stored.get(name) for name in ("access_key", "secret_key") if not config.get(name)}
        try:
            settings = S3Settings.model_validate({**config, **kept, "enabled": True})
            target = self._find(settings)
        except ValidationError as error:
            sentence = str(problems_of(error)[0]["msg"])
            return TrialReport("error", sentence[:1].upper() + sentence[1:] + ".")
        except FaceForgeError as error:
            return TrialReport("error", str(error))
        clients = Clients(target, self._patience)
        try:
            return in_time(lambda: _look(clients.probe, settings.bucket, target), SECONDS)
        except ClientError as error:
            return _refused(error, target, settings.bucket)
        except (BotoCoreError, ResponseParserError, OSError, ValueError) as error:
            return _no_answer(error, target)
        finally:
            clients.close()


def _look(client: S3Client, bucket: str, target: Target) -> TrialReport:
    values = {"url": target.url, "bucket": bucket}
    made = False
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if status_of(error) == 403:
            client.list_buckets()  # the refusal of a HEAD has no words: this one says why, if it is the keys
            raise
        if status_of(error) != 404:
            raise
        refusal = _make(client, bucket, target)
        if refusal is not None:
            return refusal
        made = True
    client.put_object(Bucket=bucket, Key=_PROBE, Body=b"faceforge")
    client.delete_object(Bucket=bucket, Key=_PROBE)
    if made:
        summary = to_translate("%(url)s answers. The bucket %(bucket)s was not there and has been made.")
        return TrialReport("ok", summary, values=values)
    return TrialReport(
        "ok", to_translate("%(url)s answers, and takes files into the bucket %(bucket)s."), values=values
    )


def _make(client: S3Client, bucket: str, target: Target) -> TrialReport | None:
    try:
        make_bucket(client, bucket, target.region)
    except ClientError as error:
        return TrialReport(
            "error",
            to_translate("There is no bucket %(bucket)s at %(url)s, and it could not be made (%(answer)s)."),
            to_translate("Write the name of a bucket that is there, or make this one at the server."),
            {"bucket": bucket, "url": target.url, "answer": describe(error)},
        )
    return None


def _refused(error: ClientError, target: Target, bucket: str) -> TrialReport:
    code, values = code_of(error), {"url": target.url, "bucket": bucket, "answer": describe(error)}
    if code in _UNKNOWN_KEY:
        summary, advice = (
            to_translate("%(url)s does not know this access key."),
            to_translate("Copy it again from the server's settings; mind that key and secret are not swapped."),
        )
    elif code in _WRONG_SECRET:
        summary, advice = (
            to_translate("%(url)s knows the access key, but the secret key is not the right one."),
            to_translate("Copy the secret key again, whole and without spaces."),
        )
    elif status_of(error) in {401, 403} and not target.access_key:
        summary, advice = (
            to_translate("%(url)s wants keys, and there are none."),
            to_translate("Write both keys."),
        )
    elif status_of(error) in {401, 403}:
        summary, advice = (
            to_translate("%(url)s answers, but does not let these keys use the bucket %(bucket)s (%(answer)s)."),
            to_translate("Give the keys the right to read, write and list there, or use others."),
        )
    else:
        summary, advice = (
            to_translate("%(url)s answered %(answer)s, and files can't be kept there like that."),
            to_translate("Look into the log of the server."),
        )
    return TrialReport("error", summary, advice, values)


def _no_answer(error: Exception, target: Target) -> TrialReport:
    values = {"url": target.url}
    if isinstance(error, SSLError):
        summary, advice = (
            to_translate("No encrypted connection to %(url)s could be made."),
            to_translate("Try the address with http in place of https, or see that the server's certificate is valid."),
        )
    elif isinstance(error, _SILENT):
        summary, advice = (
            to_translate("%(url)s does not answer in time."),
            to_translate("See that host and port are right, and that no firewall stands between."),
        )
    elif isinstance(error, NoConnection | OSError):
        summary, advice = (
            to_translate("Nobody answers at %(url)s."),
            to_translate("See that the server runs, and that host and port are right."),
        )
    else:
        summary, advice = (
            to_translate("What answers at %(url)s is no S3 server."),
            to_translate("See that the port is that of S3, and not of another service."),
        )
    return TrialReport("error", summary, advice, values)
