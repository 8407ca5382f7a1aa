"""Notes and calls: what people keep of their dealings with contacts, and the timeline they stand in."""
