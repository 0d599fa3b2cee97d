"""Build and check the site."""
