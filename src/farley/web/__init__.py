"""The pages: a request becomes objects, one domain call, a response."""
