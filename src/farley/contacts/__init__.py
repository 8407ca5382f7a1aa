"""People, organisations, groups and places: vCards and what is known about them."""
