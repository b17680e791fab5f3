"""The demo: a newsroom on loopback, the real service against it, and a check of everything that arrived."""
