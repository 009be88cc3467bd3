"""Writes single settings into config.toml, where comments and everything else stay as they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ascinbox.config import Config, load_config, read_toml
from ascinbox.core.errors import ConfigError
from ascinbox.paths import write_private_file

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace


def change_setting(workspace: Workspace, section: str, key: str, value: Any) -> Config:
    """Writes one setting, puts it in force and notes it for Activity. Raises ConfigError."""
    workspace.config = save_setting(workspace.paths.config_file, section, key, value)
    workspace.record("set", "", f"[{section}] {key} = {value}")
    return workspace.config


def save_setting(path: Path, section: str, key: str, value: Any) -> Config:
    """Sets `[section] key` and returns the settings as they then are.

    The file is read back before it replaces the old one: a value that the table refuses changes nothing.
    Raises ConfigError for a broken file or a bad value.
    """
    import tomlkit

    document = tomlkit.parse(read_toml(path)[0])
    if section not in document:
        document[section] = tomlkit.table()
    table: Any = document[section]
    before = document.as_string()
    table[key] = value
    text = tomlkit.dumps(document)
    trial = path.with_name(f".{path.name}.new")
    try:
        write_private_file(trial, text.encode())
        config = load_config(trial)
        if text != before:
            write_private_file(path, text.encode(), keeps_mode=True)
    except ConfigError as error:
        raise ConfigError(error.title.replace(str(trial), str(path)), error.detail, error.next_step) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        trial.unlink(missing_ok=True)
    return load_config(path) if config.source is not None else config
