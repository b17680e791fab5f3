"""The store: engine and writer thread, the schema of every table, leases, and the rows of feeds and articles."""
