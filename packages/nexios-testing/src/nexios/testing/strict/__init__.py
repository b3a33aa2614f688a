"""The rules of ASGI, without I/O: each module knows what an application may send on one kind of connection."""
