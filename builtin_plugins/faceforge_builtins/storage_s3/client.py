"""boto3's clients for one server: nothing of the user's own AWS files or environment, no retries of their own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from .settings import Patience, Target

_CONNECTIONS = 50


class Clients:
    """`work` for all threads, and `probe`, which gives up sooner; made together, because the first takes long.

    Raises ValueError for an address that is none.
    """

    def __init__(self, target: Target, patience: Patience) -> None:
        self._target = target
        # An AWS profile, key or endpoint that the user has for other purposes must neither break nor enter this.
        alone = botocore.session.Session(
            {
                "profile": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
            }
        )
        self._session = boto3.session.Session(botocore_session=alone)
        self.work = self._client(patience.connect, patience.read)
        self.probe = self._client(patience.probe_connect, patience.probe_read)

    def close(self) -> None:
        """Let go of idle connections."""
        self.work.close()
        self.probe.close()

    def _client(self, connect: float, read: float) -> S3Client:
        target = self._target
        signed = target.access_key is not None and target.secret_key is not None
        config = Config(
            connect_timeout=connect,
            read_timeout=read,
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=_CONNECTIONS,
            # Trailing checksums were stored inside the objects by some servers.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            signature_version="s3v4" if signed else UNSIGNED,
            # SeaweedFS does not verify signed payloads. Uploads carry a checksum, which it does verify.
            s3={"addressing_style": "path", "payload_signing_enabled": False},
            proxies={} if target.is_loopback else None,
        )
        return self._session.client(
            "s3",
            endpoint_url=target.url,
            region_name=target.region,
            aws_access_key_id=target.access_key if signed else None,
            aws_secret_access_key=target.secret_key if signed else None,
            config=config,
        )
