"""Which plugin offered which place for files; remembered, because one that is out may hold the only copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, select

from faceforge_core.db.identity import set_value
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import assets, home_identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from faceforge_core.db.engine import Database, Transaction

_KEY = "provider {} {}"
_all = prepare(select(home_identity.c.key, home_identity.c.value).where(home_identity.c.key.startswith("provider ")))
_drop = prepare(delete(home_identity).where(home_identity.c.key == bindparam("name")))
_count = prepare(select(func.count()).select_from(assets).where(assets.c.storage_provider == bindparam("provider")))


class Keepers:
    """The places by the plugin that offered them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.read() as reader:
            self._known = {row["key"]: row["value"] for row in reader.all(_all)}

    def note(self, offered: Iterable[tuple[str, str]]) -> None:
        """Remember who offers what (plugin id, name of the place); what is known costs nothing."""
        new = {_KEY.format(plugin_id, name): name for plugin_id, name in offered}
        new = {key: name for key, name in new.items() if key not in self._known}
        if new:

            def write(tx: Transaction) -> None:
                for key, name in new.items():
                    set_value(tx, key, name)

            self._database.write(write)
            self._known |= new

    def held(self, plugin_id: str) -> Mapping[str, int]:
        """How many assets, the trash included, lie in each of a plugin's places; only those that hold any."""
        names = [name for key, name in self._known.items() if key == _KEY.format(plugin_id, name)]
        with self._database.read() as reader:
            counts = {name: int(reader.value(_count, provider=name)) for name in names}
        return {name: count for name, count in counts.items() if count}

    def forget(self, plugin_id: str) -> None:
        """Remember nothing of a plugin any more."""
        gone = [key for key, name in self._known.items() if key == _KEY.format(plugin_id, name)]
        self._database.write(lambda tx: [tx.run(_drop, name=key) for key in gone])
        self._known = {key: name for key, name in self._known.items() if key not in gone}
