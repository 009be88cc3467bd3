"""A folder of JSON files as a store of reviews: the smallest store there can be."""
