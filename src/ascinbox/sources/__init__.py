"""Where reviews come from and replies go: one folder a store."""

import sys
from typing import Any, cast

# httpx has a command line of its own, imports rich and pygments for it wherever they are, and does without it
# where it cannot be had. That is 40 of the 80 ms that the first request waits for httpx.
cast("dict[str, Any]", sys.modules).setdefault("httpx._main", None)
