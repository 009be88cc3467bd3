"""ascinbox: a full-screen terminal inbox for App Store Connect."""

__version__ = "0.1.0"
