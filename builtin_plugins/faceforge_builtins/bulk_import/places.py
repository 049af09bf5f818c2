"""Which folders may be imported: not FaceForge's own, or the install token would become an asset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from faceforge_sdk.models import SystemInfo

_OF_THE_SYSTEM = (Path("/proc"), Path("/sys"), Path("/dev"))


@dataclass(frozen=True, slots=True)
class Places:
    """`own`: FaceForge's folders. `roots`: the folders that alone may be imported, if there are any."""

    own: tuple[Path, ...]
    roots: tuple[Path, ...] = ()

    @classmethod
    def of(cls, system: SystemInfo, roots: Iterable[str]) -> Places:
        """What a running Core's configuration says."""
        elsewhere = system.paths.model_dump().values()
        return cls(
            tuple(dict.fromkeys(Path(folder) for folder in (system.faceforge_home, *elsewhere))),
            tuple(Path(root).expanduser() for root in roots),
        )

    def refusal(self, folder: Path) -> str | None:
        """Why this folder may not be imported, without a full stop; None if it may. It need not exist."""
        for own in self.own:
            if _within(own, folder) and not _within(folder, own):
                return f"{folder} contains {own}, which belongs to FaceForge itself; name a folder that does not"
        return self.hidden(folder)

    def hidden(self, folder: Path) -> str | None:
        """Why this folder may not even be looked through on the way to others; None if it may."""
        for own in self.own:
            if _within(folder, own):
                return f"{folder} belongs to FaceForge itself (it lies in {own}) and can't be imported"
        if any(_within(folder, system) for system in _OF_THE_SYSTEM):
            return f"{folder} holds no files but a view of the running system and can't be imported"
        if self.roots and not any(_within(folder, root) for root in self.roots):
            return f"{folder} lies outside of the folders that import.roots in core.json allows"
        return None


def _within(inner: Path, outer: Path) -> bool:
    """Whether `inner` is `outer` or lies in it, by what the disk says: names may differ in case, or lead over links."""
    there = _resolved(inner)
    return any(_same(candidate, _resolved(outer)) for candidate in (there, *there.parents))


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a ring of links: it can't be imported either
        return path.absolute()


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return one == other
