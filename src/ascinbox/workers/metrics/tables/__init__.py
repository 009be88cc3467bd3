"""Tables of figures, one module a source: grouped reads of the cache, with their gaps told."""
