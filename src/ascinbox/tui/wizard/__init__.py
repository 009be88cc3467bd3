"""Linking an account, and the first screen of somebody without one."""
