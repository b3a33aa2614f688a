"""How fast Nexios is, next to bare ASGI and to other frameworks: ``hatch run bench:compare``."""
