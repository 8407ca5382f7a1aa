"""What waits for a person: one place for whatever any room has to tell somebody."""
