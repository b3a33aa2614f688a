"""Installed distributions that exist only for one test: a folder on sys.path with metadata and modules."""

from __future__ import annotations

import base64
import hashlib
import textwrap
from pathlib import Path


class Site:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def install(
        self, name: str, source: str, *, version: str = "1.0", target: str = "", group: str = "nexios.plugins"
    ) -> None:
        """Install ``acme-<name>``, whose module ``acme_<name>`` is *source* and has the plugin in `plugin`."""
        module = self.folder / f"acme_{name}.py"
        module.write_text(textwrap.dedent(source), "utf-8")
        info = self.folder / f"acme_{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{name}\nVersion: {version}\n", "utf-8")
        (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {target or f'acme_{name}:plugin'}\n", "utf-8")
        digest = base64.urlsafe_b64encode(hashlib.sha256(module.read_bytes()).digest()).rstrip(b"=").decode()
        record = f"{module.name},sha256={digest},{module.stat().st_size}\n{info.name}/RECORD,,\n"
        (info / "RECORD").write_text(record, "utf-8")
