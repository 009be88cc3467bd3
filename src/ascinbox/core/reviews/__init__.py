"""Reviews: their states, language, storefronts, and what a person does to them."""
