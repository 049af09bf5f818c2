"""The form that a page sends, as routes of plugins get it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from faceforge_sdk import forms
from faceforge_sdk.forms import Posted, text_of

app = FastAPI()


@app.post("/")
def said(form: Posted) -> dict[str, str]:
    return {"name": text_of(form, "name", "missing"), "empty": text_of(form, "empty", "missing")}


def test_a_route_gets_the_form_and_tells_an_empty_field_from_a_missing_one() -> None:
    client = TestClient(app)
    assert client.post("/", data={"name": "Ada", "empty": ""}).json() == {"name": "Ada", "empty": ""}
    assert client.post("/", files={"name": ("a.txt", b"file")}).json() == {"name": "missing", "empty": "missing"}


def test_the_module_loads_no_web_framework() -> None:
    code = "import sys, faceforge_sdk.forms; print({'fastapi', 'starlette'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"


def test_there_is_nothing_else_in_it() -> None:
    with pytest.raises(AttributeError, match="Nothing"):
        forms.Nothing  # noqa: B018  # the access is what raises
