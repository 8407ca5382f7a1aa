"""Contacts in and out of files."""
