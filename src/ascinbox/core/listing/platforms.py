"""Apple's platforms: their ids in the API (`Platform` of the OpenAPI description) and Apple's names. Pure."""

from __future__ import annotations

from types import MappingProxyType

IOS = "IOS"

PLATFORMS: MappingProxyType[str, str] = MappingProxyType(
    {IOS: "iOS", "MAC_OS": "macOS", "TV_OS": "tvOS", "VISION_OS": "visionOS"}
)
"""Names by id."""


def platform_name(platform: str) -> str:
    """As Apple writes it; an id that is not known as it is."""
    return PLATFORMS.get(platform, platform)
