"""Whether an S3 server answers: asked with a signed request, because an open port proves nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONNECT_SECONDS = 1.0
_READ_SECONDS = 2.0


class HealthCheck:
    """Asks one server; without keys the request is not signed. The first time takes longer: boto3 is loaded then."""

    def __init__(self, url: str, access_key: str | None, secret_key: str | None) -> None:
        self._url = url
        self._access_key = access_key
        self._secret_key = secret_key
        self._client: S3Client | None = None

    def passes(self) -> bool:
        """Whether it lists its buckets for us, within three seconds."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            if self._client is None:
                self._client = self._make_client()
            self._client.list_buckets()
        except (BotoCoreError, ClientError, ResponseParserError, OSError, ValueError):
            return False
        return True

    def close(self) -> None:
        """Let go of idle connections."""
        if self._client is not None:
            self._client.close()

    def _make_client(self) -> S3Client:
        import boto3
        import botocore.session
        from botocore import UNSIGNED
        from botocore.config import Config

        nobody = (None, None, None, None)
        none = (None, None, os.devnull, None)
        alone = botocore.session.Session({"profile": nobody, "config_file": none, "credentials_file": none})
        signed = bool(self._access_key and self._secret_key)
        return boto3.session.Session(botocore_session=alone).client(
            "s3",
            endpoint_url=self._url,
            region_name="us-east-1",
            aws_access_key_id=self._access_key if signed else None,
            aws_secret_access_key=self._secret_key if signed else None,
            config=Config(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                retries={"total_max_attempts": 1},
                signature_version="s3v4" if signed else UNSIGNED,
                s3={"addressing_style": "path"},
                proxies={},
            ),
        )
