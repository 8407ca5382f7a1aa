"""Farley: a self-hosted contact manager and CRM."""

__version__ = "0.1.0"
