"""The ways to find out who asks that come with the package, one a module."""
