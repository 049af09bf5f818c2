"""Where the keys of an S3 server come from: `core.json`, else the environment, else a file that `core.json` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from faceforge_sdk import strict_json
from faceforge_sdk.errors import FaceForgeError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .settings import S3Settings

ACCESS_KEY, SECRET_KEY = "FACEFORGE_S3_ACCESS_KEY", "FACEFORGE_S3_SECRET_KEY"
"""Names of variables of the environment."""


class _Keys(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    access_key: str = Field(min_length=1, repr=False)
    secret_key: str = Field(min_length=1, repr=False)


def with_keys(settings: S3Settings, environ: Mapping[str, str], folder: Path) -> S3Settings:
    """The settings with both keys from the first place that has them; as they are where none has.

    `credentials_file` is relative to `folder` and holds ``{"access_key": …, "secret_key": …}``. Raises `InvalidInput`
    that names the file, and never what stands in it.
    """
    if settings.access_key or settings.secret_key:
        return settings
    keys = _of_environment(environ) or _of_file(settings.credentials_file, folder)
    return settings if keys is None else settings.model_copy(update=keys.model_dump())


def _of_environment(environ: Mapping[str, str]) -> _Keys | None:
    access_key, secret_key = environ.get(ACCESS_KEY, "").strip(), environ.get(SECRET_KEY, "").strip()
    return _Keys(access_key=access_key, secret_key=secret_key) if access_key and secret_key else None


def _of_file(name: str | None, folder: Path) -> _Keys | None:
    if name is None:
        return None
    path = folder / name
    try:
        return _Keys.model_validate(strict_json.loads(path.read_bytes()))
    except OSError as error:
        raise InvalidInput(f"{path} of storage.s3.credentials_file can't be read: {error.strerror or error}") from error
    except (FaceForgeError, ValidationError):
        raise InvalidInput(f"{path} of storage.s3.credentials_file holds no access_key and secret_key.") from None
