"""The owner's helper command lines."""
