"""Commands for developers and administrators that work on a home without the API."""
