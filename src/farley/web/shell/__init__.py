"""What stands around every page, and the pages that belong to no noun."""
