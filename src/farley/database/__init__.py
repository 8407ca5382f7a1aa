"""What the two database engines do differently, in one place: waiting one's turn to write, and bulk rows."""
