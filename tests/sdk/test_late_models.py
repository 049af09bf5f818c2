"""Models of the wire are made when they are first used; what plugins derive from them, at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from faceforge_sdk.models import Paging
from faceforge_sdk.models.wire import WireModel


def late_model() -> type[WireModel]:
    class Cat(WireModel):
        name: str
        lives: int = 9

    return Cat


def test_a_model_is_made_at_its_first_use_and_then_like_any_other() -> None:
    cat = late_model()
    assert not cat.__pydantic_complete__
    assert cat.model_validate({"name": "Tom"}).model_dump() == {"name": "Tom", "lives": 9}
    assert cat.__pydantic_complete__
    with pytest.raises(ValidationError, match="lives"):
        cat(name="Tom", lives="many")


@pytest.mark.parametrize("use", ["dump", "schema", "within another", "by an adapter"])
def test_what_came_without_validation_can_be_used_at_once(use: str) -> None:
    cat = late_model()
    tom = cat.model_construct(name="Tom")
    if use == "dump":
        assert tom.model_dump_json() == '{"name":"Tom","lives":9}'
    elif use == "schema":
        assert cat.model_json_schema()["required"] == ["name"]
    elif use == "within another":
        assert TypeAdapter(dict[str, Any]).dump_json({"cat": tom}) == b'{"cat":{"name":"Tom","lives":9}}'
    else:
        assert TypeAdapter(cat).validate_python({"name": "Tom"}) == tom


def test_threads_that_use_it_first_all_get_the_whole_model() -> None:
    for _ in range(20):
        cat = late_model()
        with ThreadPoolExecutor(8) as threads:
            made = list(threads.map(lambda number, cat=cat: cat(name=str(number)).name, range(8)))
        assert made == [str(number) for number in range(8)]


def test_a_plugins_model_that_derives_from_ours_is_made_at_once_with_its_mistakes() -> None:
    class Whiskers:
        """What pydantic knows nothing of."""

    class Cats(Paging):
        colour: str = "black"

    assert Cats.__pydantic_complete__
    assert issubclass(Cats, BaseModel)
    with pytest.raises(PydanticSchemaGenerationError, match="Whiskers"):
        type("Wrong", (Paging,), {"__annotations__": {"whiskers": Whiskers}, "__module__": __name__})
