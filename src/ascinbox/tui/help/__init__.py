"""Help and commands: what can be done here."""
