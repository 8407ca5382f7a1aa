"""Finding records by what they say: one index over all nouns."""
