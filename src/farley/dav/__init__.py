"""CardDAV: what phones and programs ask for. One module a method and report."""
