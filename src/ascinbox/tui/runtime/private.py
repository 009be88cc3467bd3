"""Which of Textual's private names are used here, and what for. A test looks for each in Textual's source."""

from __future__ import annotations

from typing import NamedTuple


class PrivateName(NamedTuple):
    """A name below Textual's public surface."""

    module: str
    name: str
    used_in: str
    what_for: str


PRIVATE_NAMES: tuple[PrivateName, ...] = (
    PrivateName("textual._compositor", "Compositor", "compositor", "changed lines are painted directly"),
    PrivateName("textual._compositor", "CompositorUpdate", "compositor", "what is written for them"),
    PrivateName("textual._compositor", "render_partial_update", "compositor", "where they are asked for"),
    PrivateName("textual._compositor", "_dirty_regions", "compositor", "which cells changed"),
    PrivateName("textual._compositor", "_regions_to_spans", "compositor", "which lines changed"),
    PrivateName("textual._compositor", "_full_map_invalidated", "compositor", "whether the layout changed"),
    PrivateName("textual._compositor", "layers_visible", "compositor", "which widgets make up a line"),
    PrivateName("textual._compositor", "render_strips", "compositor", "the painted frame, to be kept"),
    PrivateName("textual.screen", "_compositor", "compositor", "gives a screen the compositor above"),
    PrivateName(
        "textual.screen", "_compositor_refresh", "compositor", "nothing is composed that nobody sees"
    ),
    PrivateName("textual._xterm_parser", "XTermParser", "key_parser", "tells which keys one read brought"),
    PrivateName(
        "textual.drivers.linux_driver", "XTermParser", "key_parser", "where the driver takes it from"
    ),
    PrivateName("textual.drivers.linux_driver", "_file", "driver", "survives a terminal that is gone"),
    PrivateName(
        "textual._xterm_parser", "_re_extended_key", "key_parser", "which sequences Textual understands"
    ),
    PrivateName(
        "textual._xterm_parser", "_re_mouse_event", "key_parser", "which sequences Textual understands"
    ),
    PrivateName(
        "textual._xterm_parser", "_re_cursor_position", "key_parser", "which sequences Textual understands"
    ),
    PrivateName(
        "textual._xterm_parser",
        "_re_terminal_mode_response",
        "key_parser",
        "which sequences Textual understands",
    ),
    PrivateName(
        "textual._xterm_parser",
        "_re_in_band_window_resize",
        "key_parser",
        "which sequences Textual understands",
    ),
    PrivateName(
        "textual._xterm_parser", "SPECIAL_SEQUENCES", "key_parser", "which sequences Textual understands"
    ),
    PrivateName("textual._ansi_sequences", "ANSI_SEQUENCES_KEYS", "key_parser", "which sequences are keys"),
    PrivateName("textual._parser", "_timeout_time", "key_parser", "nothing more is waited for"),
    PrivateName("textual.drivers.linux_driver", "_key_thread", "driver", "whether keys are read"),
    PrivateName(
        "textual.drivers.linux_driver", "_sigcont_application", "driver", "comes back whole after a stop"
    ),
    PrivateName("textual.drivers.linux_driver", "_auto_restart", "driver", "whether it comes back by itself"),
    PrivateName(
        "textual.drivers.linux_driver", "_must_signal_resume", "driver", "tells the app that it is back"
    ),
    PrivateName("textual.app", "_fatal_error", "base_app", "prints no local variables"),
    PrivateName("textual.app", "_exit_renderables", "base_app", "what is printed at the end"),
    PrivateName("textual.app", "_exception", "base_app", "the error that ended the app"),
    PrivateName("textual.message_pump", "_close_messages_no_wait", "base_app", "ends the app after an error"),
    PrivateName("textual.app", "_handle_exception", "base_app", "ends the app on an error in a key's work"),
    PrivateName("textual.app", "_screen_stacks", "base_app", "the screens of all modes"),
    PrivateName("textual.app", "_driver", "base_app", "writes a clipboard sequence"),
)
