"""What was deleted, over HTTP: list, restore, remove for good."""
