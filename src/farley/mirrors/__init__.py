"""Mirrors: a space that is kept in step with an address book on another server."""
