"""Numbers: fetching reports, and tables of figures from the cache."""
