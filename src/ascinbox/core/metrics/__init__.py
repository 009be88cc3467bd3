"""Numbers: report kinds, figures, periods, comparison, and their output."""
