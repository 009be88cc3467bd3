"""The text of a reply: checks, rules, templates."""
