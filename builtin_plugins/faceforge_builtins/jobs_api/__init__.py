"""Jobs over HTTP: start, watch, cancel, retry."""
