"""What every subject runs on: clients, leases, threads, settings, and the sync that calls them all."""
