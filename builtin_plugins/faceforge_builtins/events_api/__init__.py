"""What happens in Core, as a live stream."""
