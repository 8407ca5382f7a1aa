"""Mending what is untidy in many contacts: looked for, shown value by value, chosen, done in one act with undo."""
