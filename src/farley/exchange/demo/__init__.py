"""Example data: a made-up organisation with a lifelike address book, for a first look and for measuring."""

from farley.exchange.demo.building import Summary, build

__all__ = ["Summary", "build"]
