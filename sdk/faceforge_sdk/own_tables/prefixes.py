"""What the names of a plugin's tables begin with."""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[._-]")
_TAGS = {".": "d", "-": "h", "_": "u"}


def prefix_of(plugin_id: str) -> str:
    """The beginning of every name of this plugin's: ``p_my_plugin__`` for ``my.plugin``. For ids of code only.

    No other plugin's name begins so: words never hold two underscores in a row, and separators that are not all dots
    are told in front, a letter for each (``ph_my_plugin__`` for ``my-plugin``).
    """
    separators = _SEPARATORS.findall(plugin_id)
    tag = "".join(_TAGS[separator] for separator in separators) if {*separators} - {"."} else ""
    return f"p{tag}_{_SEPARATORS.sub('_', plugin_id)}__"
