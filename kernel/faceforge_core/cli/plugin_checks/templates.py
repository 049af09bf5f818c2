"""What is wrong with a plugin's templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_core.web.templates import parsed_template

from .findings import error, suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from .findings import Finding


def check_template(folder: Path, name: str, names: Collection[str]) -> Iterator[Finding]:
    """What keeps ``templates/<name>`` from being rendered; `names` are all templates of the plugin."""
    path = f"templates/{name}"
    try:
        source = (folder / path).read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        yield error(path, 1, f"Not UTF-8: byte {exc.start} can't be decoded.")
        return
    parsed = parsed_template(source)
    if parsed.problem is not None:
        yield error(path, *parsed.problem)
    for other, line in parsed.needs:
        if "/" not in other and other not in names:  # with a slash it may lie in another plugin
            yield error(path, line, f"There is no templates/{other}.{suggestion(other, names)}")
