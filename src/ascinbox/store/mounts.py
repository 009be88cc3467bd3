"""Which kind of file system a folder is on: SQLite's write-ahead log needs memory shared on one machine."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTINFO = Path("/proc/self/mountinfo")

_NETWORK = re.compile(
    r"^(nfs\d*|cifs|smb\d*|smbfs|9p|afs|ceph|lustre|gpfs|beegfs|glusterfs|ocfs2|gfs2?|ncpfs|davfs"
    r"|fuse\.(sshfs|glusterfs|ceph|s3fs|rclone|davfs2?|smbnetfs|curlftpfs))$"
)
_ESCAPE = re.compile(r"\\([0-7]{3})")


def filesystem_of(folder: Path, mountinfo: Path = MOUNTINFO) -> str:
    """The file system type that `folder` (or its nearest existing parent) is mounted with; "" if unknown.

    Source of the format: proc(5), `/proc/pid/mountinfo`: field 5 is the mount point with octal escapes,
    the field after the lone hyphen is the type.
    """
    try:
        lines = mountinfo.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ""
    target = folder.resolve().as_posix()
    best, kind = -1, ""
    for line in lines:
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = _ESCAPE.sub(lambda m: chr(int(m[1], 8)), fields[4])
        inside = target == point or target.startswith(point.rstrip("/") + "/")
        # Of two mounts on one point the later one is what is seen.
        if inside and len(point) >= best:
            best, kind = len(point), after.split(" ")[0]
    return kind


def is_network(kind: str) -> bool:
    """True for file systems whose locks or shared memory other machines do not see."""
    return bool(_NETWORK.match(kind))
