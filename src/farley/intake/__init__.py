"""Imports that come by themselves: files that are laid into a watched folder, or fetched from an address."""
