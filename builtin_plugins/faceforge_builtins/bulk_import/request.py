"""What an import is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from faceforge_sdk.errors import NotFound
from faceforge_sdk.models import TOKEN_TEXT

from . import selection

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Entities

    from .places import Places

JOB_TYPE = "assets.bulk-import"
UNDO_TYPE = "assets.undo-import"

MAX_GLOBS = 100
MAX_RULES = 100
MAX_TAGS = 100


def _is_a_path(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise PydanticCustomError("path", "A folder has to be named")
    try:
        Path(text).expanduser()
    except RuntimeError:
        raise PydanticCustomError("path", "There is no such user whose home could be meant by ~") from None
    return text


def _is_a_glob(text: str) -> str:
    problem = selection.problem(text)
    if problem is not None:
        raise PydanticCustomError(
            "glob", "The pattern {glob} can't be used. {problem}", {"glob": text, "problem": problem.rstrip(".")}
        )
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
Glob = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_is_a_glob)]
Kind = Annotated[str, TOKEN_TEXT, Field(min_length=1, max_length=100)]
_GLOBS = (
    "`*` and `?` stand for what has no `/` in it, `**` for any folders. A pattern without `/` fits at any depth, any "
    "other from the folder on; what fits a folder fits all that is in it. Case does not matter."
)


class KindRule(BaseModel):
    """A kind for files whose name ends so (`.jpg`), or says that they are of a media type (`image/*`)."""

    match: Annotated[
        str, StringConstraints(max_length=200, pattern=r"^(\.[^/\s]+|[A-Za-z0-9][A-Za-z0-9.+-]*/(\*|[A-Za-z0-9.+-]+))$")
    ]
    kind: Kind


class BulkImport(BaseModel):
    """Which folder to import, and how.

    A relative `path` is taken from the folder that Core was started in, as v0.1.9 did; the log names what it came to.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "path": "/home/ada/Pictures",
                    "exclude": ["*.tmp", "Backups/"],
                    "kind_rules": [{"match": "image/*", "kind": "photo"}],
                    "entity_per_folder": True,
                    "tags": ["family"],
                }
            ]
        }
    )

    path: Folder
    recursive: bool = True
    kind: Kind = "file"
    kind_rules: Annotated[
        list[KindRule], Field(max_length=MAX_RULES, description="The first that fits; `kind` where none does.")
    ] = []
    include: Annotated[
        list[Glob], Field(max_length=MAX_GLOBS, description=f"Only files that one of these fits. {_GLOBS}")
    ] = []
    exclude: Annotated[
        list[Glob], Field(max_length=MAX_GLOBS, description="No files, and no folders, that one of these fits.")
    ] = []
    entity_id: Annotated[
        str | None, Field(min_length=1, max_length=200, description="An entity that all files are linked to.")
    ] = None
    entity_per_folder: Annotated[
        bool,
        Field(
            description=(
                "Link each file to the entity that is called like the folder it lies in, made where there is none. "
                "Files that lie in the imported folder itself are linked so only if it has no folders."
            )
        ),
    ] = False
    tags: Annotated[
        list[Annotated[str, TOKEN_TEXT, Field(min_length=1, max_length=1000)]],
        Field(max_length=MAX_TAGS, description="Tags that the entities of the folders get."),
    ] = []
    role: Annotated[str | None, Field(max_length=200, description="What the files are to the entities.")] = None
    reread: Annotated[
        bool, Field(description="Read files, too, whose size, time and place are as they were when they last came in.")
    ] = False
    dry_run: Annotated[bool, Field(description="Only say what would come in.")] = False
    throttle_ms: Annotated[int, Field(ge=0, le=60_000, description="A pause after each file.")] = 0

    @model_validator(mode="before")
    @classmethod
    def _null_is_the_default(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: item for key, item in value.items() if item is not None}

    @field_validator("tags", mode="after")
    @classmethod
    def _tags_have_entities(cls, tags: list[str], known: ValidationInfo) -> list[str]:
        if tags and known.data.get("entity_per_folder") is False:
            raise ValueError("they are for the entities of folders, which only entity_per_folder links files to")
        return tags

    @field_validator("role", mode="after")
    @classmethod
    def _a_role_has_entities(cls, role: str | None, known: ValidationInfo) -> str | None:
        if role and known.data.get("entity_per_folder") is False and known.data.get("entity_id", "") is None:
            raise ValueError("it is what files are to entities; name them by entity_id or entity_per_folder")
        return role

    @property
    def folder(self) -> Path:
        """The folder, ``~`` expanded."""
        return Path(self.path).expanduser()


class UndoImport(BaseModel):
    """Which import to undo, by the id of its job."""

    import_id: Annotated[str, Field(min_length=1, max_length=200)]


class _BuiltLate(BaseModel):
    """A base for models that each start makes anew, and few use: their validators are made when they are needed."""

    model_config = ConfigDict(defer_build=True)


def allowed_in(places: Places, entities: Entities) -> type[BulkImport]:
    """The model that refuses what `places` refuses, and an entity that is not there, whoever makes the job."""

    def place(text: str) -> str:
        refusal = places.refusal(Path(text).expanduser())
        if refusal is not None:
            raise PydanticCustomError("place", "{refusal}", {"refusal": refusal})
        return text

    def entity(entity_id: str | None) -> str | None:
        try:
            return entity_id if entity_id is None else entities.get(entity_id).entity_id
        except NotFound as error:
            raise PydanticCustomError("entity", "{reason}", {"reason": str(error).rstrip(".")}) from None

    field = BulkImport.model_fields["entity_id"]
    late: Any = BulkImport, _BuiltLate
    made = create_model(
        "BulkImport",
        __base__=late,
        path=(Annotated[Folder, AfterValidator(place)], ...),
        entity_id=(Annotated[str | None, field, AfterValidator(entity)], None),
    )
    return cast("type[BulkImport]", made)
