"""The journal: every write, by whom, through which door, and what was there before."""
