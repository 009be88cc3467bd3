"""The engines that can be plugged in, one file a kind, and how they are spoken with."""
