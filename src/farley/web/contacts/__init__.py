"""Pages of contacts: lists of them, one of them, what is done to several."""
