"""Keys that other tools on this machine already have, found so that nobody has to type them again.

Sources: Apple's altool and Transporter search folders, the variables of fastlane, codemagic-cli-tools and the
asc command line, fastlane's JSON key file, and our own variables for CI. A key file is named, not read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ascinbox.core.errors import AscinboxError, CredentialError
from ascinbox.core.secret import Secret
from ascinbox.vault.environment import EnvironmentSecrets
from ascinbox.vault.keyfile import credentials_folder, read_private_file

KEY_FILE = re.compile(r"(?:AuthKey|ApiKey)_([A-Z0-9]{8,14})\.p8")


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key that some tool has. Exactly one of `path` and `variable` says where the key is."""

    source: str
    """Where it was found, for people: `fastlane's JSON file ~/key.json`."""
    key_id: str | None
    issuer_id: str | None
    path: Path | None = None
    """A key file, or fastlane's JSON file."""
    variable: str | None = None
    """The key is the value of this variable."""
    vendor: str | None = None
    named: bool = True
    """A variable of this session names it; one from a folder was only seen lying there."""


@dataclass(frozen=True, slots=True)
class JsonKey:
    """What fastlane's JSON key file holds."""

    secret: Secret
    key_id: str | None
    issuer_id: str | None


@dataclass(frozen=True, slots=True)
class _Names:
    tool: str
    key_id: str
    issuer: str
    paths: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    vendor: str | None = None


VARIABLES: tuple[_Names, ...] = (
    _Names(
        "ascinbox",
        "ASCINBOX_KEY_ID",
        "ASCINBOX_ISSUER_ID",
        ("ASCINBOX_PRIVATE_KEY_PATH",),
        ("ASCINBOX_PRIVATE_KEY", "ASCINBOX_PRIVATE_KEY_B64"),
        "ASCINBOX_VENDOR_NUMBER",
    ),
    _Names(
        "asc",
        "ASC_KEY_ID",
        "ASC_ISSUER_ID",
        ("ASC_PRIVATE_KEY_PATH", "ASC_P8_PATH"),
        ("ASC_PRIVATE_KEY", "ASC_PRIVATE_KEY_B64"),
        "ASC_VENDOR_NUMBER",
    ),
    _Names(
        "fastlane",
        "APP_STORE_CONNECT_API_KEY_KEY_ID",
        "APP_STORE_CONNECT_API_KEY_ISSUER_ID",
        ("APP_STORE_CONNECT_API_KEY_KEY_FILEPATH",),
        ("APP_STORE_CONNECT_API_KEY_KEY",),
    ),
    _Names(
        "fastlane",
        "SPACESHIP_CONNECT_API_KEY_ID",
        "SPACESHIP_CONNECT_API_ISSUER_ID",
        ("SPACESHIP_CONNECT_API_KEY_FILEPATH",),
        ("SPACESHIP_CONNECT_API_KEY", "SPACESHIP_CONNECT_API_KEY_KEY"),
    ),
    _Names(
        "codemagic",
        "APP_STORE_CONNECT_KEY_IDENTIFIER",
        "APP_STORE_CONNECT_ISSUER_ID",
        (),
        ("APP_STORE_CONNECT_PRIVATE_KEY",),
    ),
)


def find_keys(secrets: EnvironmentSecrets, home: Path, here: Path) -> tuple[FoundKey, ...]:
    """Every key that is found, our own variables first, each key id once."""
    found: dict[str, FoundKey] = {}
    for key in (
        *_from_variables(secrets),
        *_from_fastlane_json(secrets.plain),
        *_from_folders(secrets, home, here),
    ):
        found.setdefault(key.key_id or key.source, key)
    return tuple(found.values())


def own_key(secrets: EnvironmentSecrets) -> FoundKey | None:
    """The key that `ASCINBOX_*` (or, failing that, `ASC_*`) variables give for this run."""
    return next((key for key in _from_variables(secrets, VARIABLES[:2])), None)


def key_id_of(path: Path) -> str | None:
    """The key id in the name of a key file (`AuthKey_<KEYID>.p8`), or None."""
    match = KEY_FILE.fullmatch(path.name)
    return match[1] if match else None


def _from_variables(secrets: EnvironmentSecrets, table: tuple[_Names, ...] = VARIABLES) -> Iterator[FoundKey]:
    environ = secrets.plain
    for names in table:
        path = next((Path(environ[n]).expanduser() for n in names.paths if environ.get(n)), None)
        variable = next((n for n in names.keys if secrets.get(n)), None)
        if path is None and variable is None:
            continue
        key_id = environ.get(names.key_id) or (key_id_of(path) if path else None)
        where = names.paths[0] if variable is None else variable
        yield FoundKey(
            source=f"{names.tool}'s variable {where}",
            key_id=key_id,
            issuer_id=environ.get(names.issuer) or None,
            path=path if variable is None else None,
            variable=variable,
            vendor=(environ.get(names.vendor) or None) if names.vendor else None,
        )


def _from_fastlane_json(environ: Mapping[str, str]) -> Iterator[FoundKey]:
    name = environ.get("APP_STORE_CONNECT_API_KEY_PATH")
    if not name:
        return
    path = Path(name).expanduser()
    source = f"fastlane's JSON file {path}"
    try:
        folder = credentials_folder(environ)
        inside = key_in_json(Secret(read_private_file(path, what="fastlane key file", credentials=folder)))
    except AscinboxError:
        # Found all the same: whoever takes it is told what is wrong with it.
        yield FoundKey(source, None, None, path=path)
        return
    yield FoundKey(source, inside.key_id if inside else None, inside.issuer_id if inside else None, path=path)


_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|#[^\n]*|//[^\n]*|/\*.*?\*/', re.DOTALL)
_OBJECT = re.compile(r"\s*(?:(?:#|//)[^\n]*\s+|/\*.*?\*/\s*)*\{", re.DOTALL)
"""How an object begins, comments before it included."""
_LAST_COMMA = re.compile(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])', re.DOTALL)


def _plain_json(text: str) -> str:
    """Without the comments and the comma before a closing bracket that fastlane's reader forgives."""
    for pattern in (_COMMENT, _LAST_COMMA):
        text = pattern.sub(lambda found: found[0] if found[0].startswith('"') else "", text)
    return text


def key_in_json(text: Secret) -> JsonKey | None:
    """The key in fastlane's JSON form; None when the text is no JSON object.

    Raises CredentialError for an object without a key, and for a key of the Enterprise program.
    """
    if _OBJECT.match(text.reveal()) is None:
        return None
    if text.reveal().lstrip().startswith("{\\rtf"):
        raise CredentialError(
            "This is a rich text document (RTF), not a key file.",
            "An editor has wrapped the key in its own format.",
            "Save it as plain text, or download a new key: Apple gives each file once.",
        )
    try:
        entry = json.loads(_plain_json(text.reveal()), strict=False)
    except (ValueError, RecursionError) as error:
        where = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise CredentialError(
            f"The JSON file is broken{where}.",
            "fastlane's key file is one object with key_id, issuer_id and key.",
            "Mend it, or give the .p8 file itself.",
        ) from None
    key, key_id, issuer = (entry.get(name) for name in ("key", "key_id", "issuer_id"))
    if entry.get("type") == "service_account":
        raise CredentialError(
            "This is the key of a service account, as Google Play takes it.",
            "The App Store takes a .p8 file.",
            "Link it as an account of Google Play: ascinbox link --store play, or A on screen.",
        )
    if not isinstance(key, str) or not key:
        raise CredentialError(
            "The JSON file holds no key.",
            "fastlane's key file has key_id, issuer_id and key, which is the text of the .p8 file.",
            "Give such a file, or the .p8 file itself.",
        )
    if entry.get("in_house") is True:
        raise CredentialError(
            "This is a key of the Enterprise program (in_house), which has no reviews and no sales.",
            "",
            "Use a key of a team that is in the App Store.",
        )
    return JsonKey(Secret(key), str(key_id) if key_id else None, str(issuer) if issuer else None)


def _from_folders(secrets: EnvironmentSecrets, home: Path, here: Path) -> Iterator[FoundKey]:
    folders = [
        here / "private_keys",
        home / "private_keys",
        home / ".private_keys",
        home / ".appstoreconnect" / "private_keys",
    ]
    elsewhere = secrets.plain.get("API_PRIVATE_KEYS_DIR")
    if elsewhere:
        folders.insert(0, Path(elsewhere).expanduser())
    for folder in folders:
        try:
            paths = sorted(folder.glob("*.p8"))
        except OSError:
            continue
        for path in paths:
            key_id = key_id_of(path)
            if key_id:
                yield FoundKey(f"Apple's key folder {folder}", key_id, None, path=path, named=False)
