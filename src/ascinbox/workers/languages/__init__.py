"""Languages: detection on this machine, and the engine that a person may plug in."""
