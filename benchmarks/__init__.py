"""FaceForge Core's speed beside its limits and its peers: ``python -m benchmarks`` from the repository's folder."""
