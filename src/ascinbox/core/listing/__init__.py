"""The listing: the texts of an app's page in the App Store, what may be edited, and what changed. Pure."""
