"""Take the browser programs that nexios-openapi serves from their releases on npm.

python tools/refresh_assets.py                          the versions that are recorded
python tools/refresh_assets.py redoc=3.0.1 scalar=1.72  other ones, which are then recorded
python tools/refresh_assets.py --check                  exit with 1 where a file is not as recorded; needs no network

Needs `npm`. assets.json says which version is there, under which licence, and the SHA-256 of each file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import workspace

FOLDER = workspace.ROOT / "packages" / "nexios-openapi" / "src" / "nexios" / "openapi" / "assets"

# What the MIT licence asks every copy to carry; the package itself leaves its text out.
SCALAR_LICENSE = """MIT License

Copyright (c) 2023-present Scalar

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


@dataclass(frozen=True, slots=True)
class Source:
    """One npm package: which of its files are kept, and what is added to them."""

    package: str
    files: Mapping[str, str]
    added: Mapping[str, str]


SOURCES = {
    "swagger": Source(
        "swagger-ui-dist",
        {
            "swagger-ui-bundle.js": "swagger-ui-bundle.js",
            "swagger-ui-bundle.js.LICENSE.txt": "swagger-ui-bundle.js.LICENSE.txt",
            "swagger-ui.css": "swagger-ui.css",
            "LICENSE": "LICENSE",
            "NOTICE": "NOTICE",
        },
        {},
    ),
    "redoc": Source("redoc", {"bundles/redoc.standalone.js": "redoc.standalone.js", "LICENSE": "LICENSE"}, {}),
    "scalar": Source(
        "@scalar/api-reference", {"dist/browser/standalone.js": "standalone.js"}, {"LICENSE": SCALAR_LICENSE}
    ),
}


def refresh(name: str, version: str, folder: Path = FOLDER) -> dict[str, Any]:
    """Replace the files of *name* by those of its release *version*; return what is to be recorded."""
    source = SOURCES[name]
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        package = _unpack(f"{source.package}@{version}", Path(scratch))
        described = json.loads((package / "package.json").read_text("utf-8"))
        for origin, kept in source.files.items():
            (target / kept).write_bytes((package / origin).read_bytes())
    for kept, text in source.added.items():
        (target / kept).write_text(text, "utf-8")
    names = sorted({*source.files.values(), *source.added})
    return {
        "package": source.package,
        "version": described["version"],
        "license": described["license"],
        "files": {each: _digest(target / each) for each in names},
    }


def _unpack(package: str, scratch: Path) -> Path:
    command = ["npm", "pack", "--silent", package, "--pack-destination", str(scratch)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (archive,) = scratch.glob("*.tgz")
    with tarfile.open(archive) as packed:
        packed.extractall(scratch, filter="data")
    return scratch / "package"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def altered(folder: Path = FOLDER) -> Iterator[str]:
    """Each file that is not as assets.json records it."""
    for name, recorded in json.loads((folder / "assets.json").read_text("utf-8")).items():
        for file, digest in recorded["files"].items():
            path = folder / name / file
            if not path.is_file() or _digest(path) != digest:
                yield f"{name}/{file}"


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    parser = argparse.ArgumentParser(description="Take browser programs from their releases.")
    parser.add_argument("wanted", nargs="*", metavar="NAME=VERSION", help=f"one of {', '.join(SOURCES)}")
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 where a file is altered")
    options = parser.parse_args(arguments)
    if options.check:
        faults = list(altered(folder))
        print("\n".join(f"{each} is not as recorded" for each in faults) or "the assets are as recorded")
        return 1 if faults else 0
    record = folder / "assets.json"
    recorded = json.loads(record.read_text("utf-8")) if record.exists() else {}
    wanted = dict(each.split("=", 1) for each in options.wanted) or {
        name: known["version"] for name, known in recorded.items()
    }
    for name, version in wanted.items():
        recorded[name] = refresh(name, version, folder)
    record.write_text(json.dumps(recorded, indent=2, sort_keys=True) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
