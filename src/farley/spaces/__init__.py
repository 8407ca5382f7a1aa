"""Spaces: who sees what."""
