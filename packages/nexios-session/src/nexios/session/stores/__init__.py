"""Where sessions are kept on the server, behind one small protocol."""

from __future__ import annotations

from nexios.session.stores.protocol import Conflict, Store, open_named

__all__ = ["Conflict", "Store", "open_named"]
