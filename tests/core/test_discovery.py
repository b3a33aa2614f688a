"""Finding installed plugins, whatever else is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nexios.discovery import installed


def install(folder: Path, distribution: str, entry_points: str, metadata: str | None = None) -> None:
    info = folder / f"{distribution.replace('-', '_')}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(metadata or f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(entry_points)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def found(group: str = "nexios.plugins") -> dict[str, tuple[str, str, str]]:
    return {entry.name: (entry.target, entry.distribution, entry.version) for entry in installed(group)}


def test_entry_points_are_found_with_their_distribution(site: Path) -> None:
    install(
        site,
        "acme-one",
        "# comment\n[console_scripts]\nacme = acme:main\n\n[nexios.plugins]\nzeta = acme.zeta:Plugin\n; also\n"
        "alpha = acme.alpha : Plugin [extra]\nnonsense\n[nexios.commands]\nacme=acme.cli:group\n",
    )

    assert found()["alpha"] == ("acme.alpha : Plugin", "acme-one", "1.2")
    assert found()["zeta"] == ("acme.zeta:Plugin", "acme-one", "1.2")
    assert "nonsense" not in found()
    assert list(found()) == sorted(found())
    assert found("nexios.commands")["acme"][0] == "acme.cli:group"


def test_a_broken_distribution_stops_no_other(site: Path) -> None:
    install(site, "acme-good", "[nexios.plugins]\ngood = acme:Good\n")
    broken = site / "acme_broken-1.0.dist-info"
    broken.mkdir()
    (broken / "entry_points.txt").write_bytes(b"[nexios.plugins]\nbroken = \xff\xfe\n")
    (site / "acme_empty-1.0.dist-info").mkdir()
    nameless = site / "acme_nameless-1.0.dist-info"
    nameless.mkdir()
    (nameless / "METADATA").write_text("Metadata-Version: 2.1\n")
    (nameless / "entry_points.txt").write_text("[nexios.plugins]\nnameless = acme:Nameless\n")

    assert found()["good"] == ("acme:Good", "acme-good", "1.2")
    assert "broken" not in found()
    assert found().get("nameless", ("", "unknown"))[1] == "unknown"


def test_what_another_finder_knows_of_is_found_through_it(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> None: ...

        @staticmethod
        def find_distributions(context: object = None) -> list[object]:
            return []

    install(site, "acme-two", "[nexios.plugins]\ntwo = acme:Two\n")
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    monkeypatch.syspath_prepend(str(site / "none"))  # scanned anew

    assert found()["two"] == ("acme:Two", "acme-two", "1.2")


def test_the_scan_is_kept_for_each_path(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = installed()
    install(site, "acme-late", "[nexios.plugins]\nlate = acme:Late\n")

    assert installed() is before
    monkeypatch.syspath_prepend(str(site / "elsewhere"))
    assert "late" in found()


def test_a_target_is_loaded_down_to_its_attribute(site: Path) -> None:
    (site / "acme_loaded.py").write_text("class Outer:\n    class Inner:\n        pass\n")
    install(
        site,
        "acme-loaded",
        "[nexios.plugins]\nmodule = acme_loaded\ninner = acme_loaded:Outer.Inner\nmissing = acme_loaded:Nothing\n"
        "absent = no_such_module_at_all:X\n",
    )
    entries = {entry.name: entry for entry in installed()}

    assert entries["inner"].load().__qualname__ == "Outer.Inner"
    assert entries["module"].load().__name__ == "acme_loaded"
    with pytest.raises(AttributeError, match="Nothing"):
        entries["missing"].load()
    with pytest.raises(ModuleNotFoundError, match="no_such_module_at_all"):
        entries["absent"].load()


CHECK = """
import sys
before = set(sys.modules)
import nexios
app = nexios.NexiosApp(plugins=[])
loaded = set(sys.modules) - before
unwanted = {"pydantic", "asyncio", "importlib.metadata", "httpx", "http.cookies", "email.message"}
print(sorted(unwanted & loaded), sorted(name for name in loaded if name.startswith("nexios.") and name.count(".") == 1
    and name.removeprefix("nexios.") in ("auth", "session", "websockets", "openapi", "cli", "testing", "forms")))
"""


def test_importing_nexios_imports_no_plugin_no_pydantic_and_no_metadata() -> None:
    shown = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[] []"
