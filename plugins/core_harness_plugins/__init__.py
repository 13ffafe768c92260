"""The built-in components, registered through the same stage as everybody else's."""
