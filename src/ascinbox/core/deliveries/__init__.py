"""Telling people where they already look: rules, events, when and in which words. Pure."""
