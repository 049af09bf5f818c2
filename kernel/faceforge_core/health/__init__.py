"""How Core and its home are: what `faceforge doctor` and ``GET /v1/system/health`` tell."""
