"""Finds and understands: polls feeds, parses them, decides what is new."""
