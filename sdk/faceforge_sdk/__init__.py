"""What FaceForge plugins import."""
