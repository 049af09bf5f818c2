"""What an import is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from faceforge_sdk.models import TOKEN_TEXT

if TYPE_CHECKING:
    from .places import Places

JOB_TYPE = "assets.bulk-import"


def _is_a_path(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise PydanticCustomError("path", "A folder has to be named")
    try:
        Path(text).expanduser()
    except RuntimeError:
        raise PydanticCustomError("path", "There is no such user whose home could be meant by ~") from None
    return text


Folder = Annotated[
    str,
    Field(
        max_length=4096,
        description="A folder on Core's computer; `~` is the home folder of who runs Core.",
        json_schema_extra={"pattern": r"\S"},
    ),
    AfterValidator(_is_a_path),
]


class BulkImport(BaseModel):
    """Which folder to import, and how.

    A relative `path` is taken from the folder that Core was started in, as v0.1.9 did; the log names what it came to.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"path": "/home/ada/Pictures", "kind": "photo"}]})

    path: Folder
    recursive: bool = True
    kind: Annotated[str, TOKEN_TEXT, Field(min_length=1, max_length=100)] = "file"
    throttle_ms: Annotated[int, Field(ge=0, le=60_000, description="A pause after each file.")] = 0

    @model_validator(mode="before")
    @classmethod
    def _null_is_the_default(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: item for key, item in value.items() if item is not None}

    @property
    def folder(self) -> Path:
        """The folder, ``~`` expanded."""
        return Path(self.path).expanduser()


def allowed_in(places: Places) -> type[BulkImport]:
    """The model that refuses what `places` refuses, whoever makes the job."""

    def check(text: str) -> str:
        refusal = places.refusal(Path(text).expanduser())
        if refusal is not None:
            raise PydanticCustomError("place", "{refusal}", {"refusal": refusal})
        return text

    return create_model("BulkImport", __base__=BulkImport, path=(Annotated[Folder, AfterValidator(check)], ...))
