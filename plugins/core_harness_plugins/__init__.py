"""The built-in components, registered through the same door as everybody else's."""
