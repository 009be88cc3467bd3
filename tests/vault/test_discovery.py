"""Keys that other tools have are found without being read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ascinbox.core.errors import CredentialError
from ascinbox.core.secret import Secret
from ascinbox.paths import Paths
from ascinbox.vault import SECRET_VARIABLES, Vault, key_in_json
from ascinbox.vault.discovery import VARIABLES

PEM = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n"


def _find(environ: dict[str, str], home: Path) -> dict[str, object]:
    vault = Vault(Paths.under(home / "ours"), environ)
    return {found.key_id or "?": found for found in vault.find_keys(home, home / "project")}


@pytest.mark.parametrize(
    "folder",
    ["project/private_keys", "private_keys", ".private_keys", ".appstoreconnect/private_keys"],
)
def test_apples_folders_are_searched(folder: str, tmp_path: Path) -> None:
    path = tmp_path / folder / "AuthKey_2X9R4HXF34.p8"
    path.parent.mkdir(parents=True)
    path.touch()
    (path.parent / "notes.p8").touch()
    vault = Vault(Paths.under(tmp_path / "ours"), {})
    (found,) = vault.find_keys(tmp_path, tmp_path / "project")
    assert (found.key_id, found.path, found.named) == ("2X9R4HXF34", path, False)


def test_the_variable_of_apples_tools_names_a_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "ApiKey_2X9R4HXF34.p8").touch()
    assert set(_find({"API_PRIVATE_KEYS_DIR": str(tmp_path / "elsewhere")}, tmp_path)) == {"2X9R4HXF34"}


@pytest.mark.parametrize(
    "environ",
    [
        {"ASCINBOX_KEY_ID": "K", "ASCINBOX_ISSUER_ID": "I", "ASCINBOX_PRIVATE_KEY": PEM},
        {"ASC_KEY_ID": "K", "ASC_ISSUER_ID": "I", "ASC_PRIVATE_KEY_B64": "AAAA"},
        {
            "APP_STORE_CONNECT_API_KEY_KEY_ID": "K",
            "APP_STORE_CONNECT_API_KEY_ISSUER_ID": "I",
            "APP_STORE_CONNECT_API_KEY_KEY": PEM,
        },
        {
            "SPACESHIP_CONNECT_API_KEY_ID": "K",
            "SPACESHIP_CONNECT_API_ISSUER_ID": "I",
            "SPACESHIP_CONNECT_API_KEY": PEM,
        },
        {
            "SPACESHIP_CONNECT_API_KEY_ID": "K",
            "SPACESHIP_CONNECT_API_ISSUER_ID": "I",
            "SPACESHIP_CONNECT_API_KEY_KEY": PEM,
        },
        {
            "APP_STORE_CONNECT_KEY_IDENTIFIER": "K",
            "APP_STORE_CONNECT_ISSUER_ID": "I",
            "APP_STORE_CONNECT_PRIVATE_KEY": PEM,
        },
    ],
)
def test_variables_of_other_tools_are_understood(environ: dict[str, str], tmp_path: Path) -> None:
    vault = Vault(Paths.under(tmp_path / "ours"), environ)
    (found,) = vault.find_keys(tmp_path, tmp_path)
    assert (found.key_id, found.issuer_id) == ("K", "I")
    assert found.variable is not None
    assert found.variable not in environ
    assert vault.load(f"env:{found.variable}")


def test_a_path_in_a_variable_gives_the_key_id_by_its_name(tmp_path: Path) -> None:
    found = _find({"ASC_PRIVATE_KEY_PATH": "/keys/AuthKey_2X9R4HXF34.p8", "ASC_VENDOR_NUMBER": "8"}, tmp_path)
    assert list(found) == ["2X9R4HXF34"]


def test_fastlanes_json_file_is_read_when_it_is_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    file = tmp_path / "key.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"key_id": "2X9R4HXF34", "issuer_id": "I", "key": PEM}))
    environ = {"APP_STORE_CONNECT_API_KEY_PATH": str(file)}
    vault = Vault(Paths.under(tmp_path / "ours"), environ)
    (found,) = vault.find_keys(tmp_path, tmp_path)
    assert (found.key_id, found.issuer_id, found.path) == ("2X9R4HXF34", "I", file)
    assert found.named
    assert PEM not in repr(found)
    file.chmod(0o644)
    (found,) = vault.find_keys(tmp_path, tmp_path)
    assert (found.key_id, found.path) == (None, file), "offered, and whoever takes it is told to close it"


def test_fastlanes_json_form_is_told_from_a_key() -> None:
    inside = key_in_json(Secret(json.dumps({"key_id": "2X9R4HXF34", "key": PEM, "duration": 500})))
    assert inside is not None
    assert (inside.secret.reveal(), inside.key_id, inside.issuer_id) == (PEM, "2X9R4HXF34", None)
    assert PEM not in repr(inside)
    assert key_in_json(Secret(PEM)) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "broken in line 1"),
        ('{"key": "' + PEM.replace("\n", "\\n") + '"\n "key_id": "K"}', "broken in line 2"),
        (r"{\rtf1\ansi -----BEGIN PRIVATE KEY-----}", "rich text"),
        ('{"key_id": "2X9R4HXF34"}', "holds no key"),
        ('{"key": 7}', "holds no key"),
        ('{"type": "service_account", "private_key": "x"}', "key of a service account"),
        (json.dumps({"key_id": "2X9R4HXF34", "key": PEM, "in_house": True}), "Enterprise program"),
    ],
)
def test_json_without_a_usable_key_says_so(text: str, words: str) -> None:
    with pytest.raises(CredentialError, match=words):
        key_in_json(Secret(text))


@pytest.mark.parametrize(
    "text",
    [
        '{"key_id": "2X9R4HXF34", "issuer_id": "I", "key": "' + PEM + '"}',
        '{"key_id": "2X9R4HXF34", "issuer_id": "I", "key": "' + PEM.replace("\n", "\\n") + '",}',
        '{\n  "key_id": "2X9R4HXF34", # from the row\n  "issuer_id": "I",  // above the list\n  "key": "'
        + PEM.replace("\n", "\\n")
        + '", /* the file */\n  "duration": 1200, # optional (maximum 1200)\n}\n',
        '/* CI */\n# of the team\n{"key_id": "2X9R4HXF34", "issuer_id": "I", "key": "' + PEM + '"}',
    ],
)
def test_fastlanes_json_is_read_as_people_write_it(text: str) -> None:
    inside = key_in_json(Secret(text))
    assert inside is not None
    assert (inside.key_id, inside.issuer_id, inside.secret.reveal()) == ("2X9R4HXF34", "I", PEM)


def test_what_looks_like_a_comment_in_a_value_stays() -> None:
    inside = key_in_json(Secret('{"key": "a//b#c,}", "issuer_id": "/*I*/"}'))
    assert inside is not None
    assert (inside.secret.reveal(), inside.issuer_id) == ("a//b#c,}", "/*I*/")


def test_every_variable_with_a_key_is_taken_out_of_the_environment() -> None:
    assert {name for names in VARIABLES for name in names.keys} <= set(SECRET_VARIABLES)


def test_a_key_is_offered_once(tmp_path: Path) -> None:
    folder = tmp_path / "private_keys"
    folder.mkdir()
    (folder / "AuthKey_2X9R4HXF34.p8").touch()
    environ = {"ASCINBOX_KEY_ID": "2X9R4HXF34", "ASCINBOX_PRIVATE_KEY": PEM}
    found = _find(environ, tmp_path)
    assert list(found) == ["2X9R4HXF34"]
