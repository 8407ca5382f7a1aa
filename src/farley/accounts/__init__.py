"""People who log in, and the Actor that stands for whoever acts."""
