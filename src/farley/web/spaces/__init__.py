"""Pages of spaces: who is in them, who sees what, what is kept about people, the instance."""
