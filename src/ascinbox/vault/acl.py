"""Who may reach a file or folder, where its group bits stand for an access control list.

systemd 254 and later gives a service its credentials as root:root with mode 0440 (folder 0550) and a POSIX
ACL that names the service's user; the group bits of the mode are then the list's mask, not the rights of the
group.
Layout of the list: `struct posix_acl_xattr_header` and `_entry` of Linux (uapi/linux/posix_acl_xattr.h).
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Collection, Iterator

_ATTRIBUTE = "system.posix_acl_access"
_VERSION = 2
_HEADER, _ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
_USER, _GROUP_OBJ, _GROUP, _MASK, _OTHER = 0x02, 0x04, 0x08, 0x10, 0x20
_ALL = 7


def is_closed_to_others(descriptor: int, facts: os.stat_result, users: Collection[int]) -> bool:
    """Whether nobody but its owner and `users` has any right to the open file or folder."""
    mode = stat.S_IMODE(facts.st_mode)
    if mode & 0o077 == 0:
        return True
    return mode & 0o007 == 0 and names_only(_list_of(descriptor), users)


def names_only(acl: bytes, users: Collection[int]) -> bool:
    """Whether this access control list gives rights to its owner and `users` alone; False for no list."""
    entries = list(_entries(acl))
    mask = next((rights for tag, rights, _ in entries if tag == _MASK), _ALL)
    named = [entry for entry in entries if entry[0] == _USER]
    for tag, rights, number in entries:
        if tag == _USER and rights & mask and number not in users:
            return False
        if tag in {_GROUP_OBJ, _GROUP} and rights & mask:
            return False
        if tag == _OTHER and rights:
            return False
    return bool(named)


def _entries(acl: bytes) -> Iterator[tuple[int, int, int]]:
    """Tag, rights and user or group number of each entry; nothing for what is not understood."""
    body = acl[_HEADER.size :]
    if len(acl) < _HEADER.size or _HEADER.unpack_from(acl)[0] != _VERSION or len(body) % _ENTRY.size:
        return
    yield from _ENTRY.iter_unpack(body)


def _list_of(descriptor: int) -> bytes:
    read = getattr(os, "getxattr", None)  # Linux only
    if read is None:
        return b""
    try:
        found: bytes = read(descriptor, _ATTRIBUTE)
    except OSError:
        return b""
    return found
