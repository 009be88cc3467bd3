"""The rolling hour of each key, and where it is set the rolling minute, told in `X-Rate-Limit`."""

from __future__ import annotations

from collections import deque

HOUR_S = 3600.0
MINUTE_S = 60.0


class Budgets:
    """Counts requests per key over the last hour."""

    def __init__(self, hour_limit: int = 3500) -> None:
        self.hour_limit = hour_limit
        self._seen: dict[str, deque[float]] = {}

    def take(self, key_id: str, now: float, minute_limit: int = 0) -> bool:
        """Counts one request; False when the key's hour or minute (0: it has no limit) is used up."""
        seen = self._recent(key_id, now)
        if len(seen) >= self.hour_limit or (
            minute_limit and self._minute_left(key_id, now, minute_limit) == 0
        ):
            return False
        seen.append(now)
        return True

    def spend(self, key_id: str, now: float, requests: int) -> None:
        """Books requests that someone else made with this key."""
        self._recent(key_id, now).extend([now] * requests)

    def leave(self, key_id: str, now: float, left: int) -> None:
        """Books so many requests of someone else's that `left` remain."""
        recent = self._recent(key_id, now)
        recent.extend([now] * (self.hour_limit - len(recent) - left))

    def header(self, key_id: str, now: float) -> str:
        """`user-hour-lim:3500;user-hour-rem:3499;`, the form of Apple's documented example."""
        left = max(0, self.hour_limit - len(self._recent(key_id, now)))
        return f"user-hour-lim:{self.hour_limit};user-hour-rem:{left};"

    def minute_header(self, key_id: str, now: float, limit: int) -> str:
        """`user-minute-lim:150;user-minute-rem:149;`: undocumented, and seen in public records, in the hour's
        field or in one of its own."""
        return f"user-minute-lim:{limit};user-minute-rem:{self._minute_left(key_id, now, limit)};"

    def _minute_left(self, key_id: str, now: float, limit: int) -> int:
        lately = sum(1 for seen in self._recent(key_id, now) if seen > now - MINUTE_S)
        return max(0, limit - lately)

    def _recent(self, key_id: str, now: float) -> deque[float]:
        seen = self._seen.setdefault(key_id, deque())
        while seen and seen[0] <= now - HOUR_S:
            seen.popleft()
        return seen
