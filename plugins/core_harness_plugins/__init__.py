"""The built-in components, registered as those of any other package are."""
