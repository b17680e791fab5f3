"""Ways out: one module a channel, each with the Channel protocol."""
