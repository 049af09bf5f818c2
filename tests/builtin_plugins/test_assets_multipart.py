"""Multipart bodies, whatever the client's spelling and however the network cuts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.multipart import MultipartReader, PartBegin, PartData, PartEnd

TYPE = "multipart/form-data; boundary=XX"


def part(disposition: str, content: bytes = b"data", content_type: str | None = None) -> bytes:
    kind = f"Content-Type: {content_type}\r\n" if content_type else ""
    return f"--XX\r\nContent-Disposition: {disposition}\r\n{kind}\r\n".encode() + content + b"\r\n"


def read(body: bytes, step: int = 1 << 20) -> list[tuple[PartBegin, bytes]]:
    reader = MultipartReader(TYPE)
    found: list[tuple[PartBegin, bytearray]] = []
    for start in range(0, len(body), step):
        for event in reader.feed(body[start : start + step]):
            match event:
                case PartBegin():
                    found.append((event, bytearray()))
                case PartData(data):
                    found[-1][1].extend(data)
                case PartEnd():
                    pass
    reader.finish()
    return [(begin, bytes(content)) for begin, content in found]


@pytest.mark.parametrize(
    "parameter",
    [
        "filename*=undefined''x",
        "filename*=idna''%ff",
        "filename*=\0''x",
        "filename*=a; filename*0=b",
        f"filename*{'9' * 5000}=x",
    ],
)
def test_v25_parameters_that_make_no_sense_are_refused(parameter: str) -> None:
    with pytest.raises(InvalidInput):
        read(part(f'form-data; name="file"; {parameter}') + b"--XX--\r\n")


@pytest.mark.parametrize("boundary", ["boundary*=undefined''x", "boundary*=a; boundary*0=b", "boundary=", ""])
def test_v25_a_boundary_that_makes_no_sense_is_refused(boundary: str) -> None:
    with pytest.raises(InvalidInput):
        MultipartReader(f"multipart/form-data; {boundary}")


@given(st.binary(max_size=300), st.integers(1, 40))
def test_bytes_survive_any_content_and_any_chunking(content: bytes, step: int) -> None:
    body = part('form-data; name="file"; filename="a.bin"', content) + b"--XX--\r\n"
    if b"\r\n--XX" in b"\r\n" + content:
        return
    ((begin, received),) = read(body, step)
    assert (begin.name, begin.filename) == ("file", "a.bin")
    assert received == content


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        ('form-data; name="file"; filename="été-中.png"', "été-中.png"),
        ('form-data; name="file"; filename="a\\"b;c.txt"', 'a"b;c.txt'),
        ('form-data; name="file"; filename="a%22b"', "a%22b"),
        ("form-data; name=\"file\"; filename*=UTF-8''%C3%A9t%C3%A9.png", "été.png"),
        ("form-data; name=file; filename=plain.txt", "plain.txt"),
        ('form-data; name="file"; filename="C:\\\\x"', "C:\\x"),
        ('form-data; name="file"; filename="../../x"', "../../x"),
        ('form-data; name="file"', None),
    ],
)
def test_v15_v25_file_names_are_decoded_as_they_were_meant(disposition: str, expected: str | None) -> None:
    ((begin, _),) = read(part(disposition) + b"--XX--\r\n")
    assert begin.filename == expected


def test_v25_a_body_that_ends_early_is_refused() -> None:
    with pytest.raises(InvalidInput, match="closing boundary"):
        read(part('form-data; name="file"; filename="a"'))


@pytest.mark.parametrize("disposition", ["attachment", "form-data", 'attachment; name="file"'])
def test_v25_a_part_without_its_name_is_refused(disposition: str) -> None:
    with pytest.raises(InvalidInput):
        read(part(disposition) + b"--XX--\r\n")


def test_v25_a_part_without_content_disposition_is_refused() -> None:
    with pytest.raises(InvalidInput):
        read(b"--XX\r\nContent-Type: text/plain\r\n\r\ndata\r\n--XX--\r\n")


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/json", "multipart/form-data", "multipart/form-data; boundary=" + "x" * 5000],
)
def test_a_body_that_is_no_form_is_refused(content_type: str | None) -> None:
    with pytest.raises(InvalidInput):
        MultipartReader(content_type)


@given(st.binary(max_size=400))
def test_nonsense_is_refused_and_never_anything_else(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read(body)
