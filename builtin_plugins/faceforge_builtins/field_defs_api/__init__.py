"""Field definitions over HTTP."""
