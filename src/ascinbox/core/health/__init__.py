"""Connection health: capabilities, evidence, verdicts, freshness, and the planner of roles."""
