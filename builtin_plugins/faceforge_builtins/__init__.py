"""The plugins that come with FaceForge Core. Each is loaded like a stranger's: by its manifest, through the SDK."""
