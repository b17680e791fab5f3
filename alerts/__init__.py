"""Decides and tells: watchlists, matches, digests, deliveries."""
