"""The form of the S3 server: where it is, and its keys, which are never shown."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from faceforge_sdk.forms import text_of
from faceforge_sdk.texts import to_translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import FormData

    from faceforge_sdk.errors import InvalidInput
    from faceforge_sdk.models import Plugin
    from faceforge_sdk.protocols import Texts

PLUGIN: Final = "faceforge.storage_s3"
SECRETS: Final = ("access_key", "secret_key")
_PROBLEMS: Final = {
    "endpoint_url": to_translate("Write an address like http://127.0.0.1:8333."),
    "bucket": to_translate("The name of a bucket has letters, digits, dots, dashes and underscores, at least two."),
    "region": to_translate("Write a region, such as us-east-1."),
}


@dataclass(frozen=True, slots=True)
class S3Form:
    """The texts of the form, without the keys; `keys_set` says whether there are stored ones."""

    enabled: bool = False
    endpoint_url: str = ""
    bucket: str = "faceforge"
    region: str = "us-east-1"
    keys_set: bool = False
    forget: bool = False
    problems: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, plugin: Plugin) -> S3Form:
        """The form of what is configured."""
        config = plugin.config
        return cls(
            enabled=config.get("enabled") is True,
            endpoint_url=config.get("endpoint_url") or "",
            bucket=config.get("bucket") or "faceforge",
            region=config.get("region") or "us-east-1",
            keys_set=_keys_set(plugin),
        )

    @classmethod
    def posted(cls, form: FormData, plugin: Plugin) -> S3Form:
        """What was typed."""
        return cls(
            enabled=text_of(form, "enabled") == "1",
            endpoint_url=text_of(form, "endpoint_url").strip(),
            bucket=text_of(form, "bucket").strip(),
            region=text_of(form, "region").strip(),
            keys_set=_keys_set(plugin),
            forget=text_of(form, "forget") == "1",
        )

    def config(self, before: Mapping[str, Any], form: FormData) -> dict[str, Any]:
        """The configuration, with all of `before` that the form does not know; keys that were not typed are null."""
        typed = {name: text_of(form, name).strip() or ("" if self.forget else None) for name in SECRETS}
        said = {"enabled": self.enabled, "endpoint_url": self.endpoint_url or None}
        return {**before, **said, "bucket": self.bucket, "region": self.region, **typed}

    def refused(self, refusal: InvalidInput, texts: Texts) -> S3Form:
        """With what does not fit, at its place."""
        details = refusal.details if isinstance(refusal.details, dict) else {}
        problems: dict[str, str] = {}
        for one in details.get("errors", ()):
            name = str(one["path"][0]) if one.get("path") else ""
            problems[name] = texts.gettext(_PROBLEMS[name]) if name in _PROBLEMS else str(one.get("message"))
        return replace(self, problems=problems or {"": str(refusal)})


def _keys_set(plugin: Plugin) -> bool:
    return bool(set(SECRETS) & set(plugin.config_secrets_set))
