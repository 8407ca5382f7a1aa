"""What happened, as pages show it: timelines, notes and calls, the journal and taking it back."""
