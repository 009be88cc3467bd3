"""Connection health: probes, verdicts that were kept, and what `doctor` looks at."""
