"""An App Store Connect to play and test against."""
