"""A home that has joined a team: which one, its replica, its part of the work."""
