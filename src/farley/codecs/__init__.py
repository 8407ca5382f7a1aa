"""Octets to values and back. Pure: no Django, no clock, no randomness."""
