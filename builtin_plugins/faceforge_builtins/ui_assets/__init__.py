"""The pages of assets: all files as a grid with filters, and each in a lightbox with what is known of it."""
