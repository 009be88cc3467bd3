"""Writes single settings into config.toml, where comments and everything else stay as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ascinbox.config import Config, load_config
from ascinbox.core.errors import ConfigError
from ascinbox.core.text import clean_line
from ascinbox.paths import write_private_file


def save_setting(path: Path, section: str, key: str, value: Any) -> Config:
    """Sets `[section] key` and returns the settings as they then are.

    The file is read back before it replaces the old one: a value that the table refuses changes nothing.
    Raises ConfigError for a broken file or a bad value.
    """
    import tomlkit
    from tomlkit.exceptions import ParseError

    try:
        document = tomlkit.parse(path.read_text("utf-8"))
    except FileNotFoundError:
        document = tomlkit.document()
    except ParseError as error:
        raise ConfigError(
            f"{path}:{error.line}:{error.col}: not TOML.", clean_line(str(error)), "Mend that line first."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read.", clean_line(str(error)), "Mend or remove it.") from None
    if section not in document:
        document[section] = tomlkit.table()
    table: Any = document[section]
    before = document.as_string()
    table[key] = value
    text = tomlkit.dumps(document)
    trial = path.with_name(f".{path.name}.new")
    write_private_file(trial, text.encode())
    try:
        config = load_config(trial)
    except ConfigError as error:
        raise ConfigError(error.title.replace(str(trial), str(path)), error.detail, error.next_step) from None
    finally:
        trial.unlink(missing_ok=True)
    if text != before:
        write_private_file(path, text.encode())
    return load_config(path) if config.source is not None else config
