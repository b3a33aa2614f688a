from __future__ import annotations

from pathlib import Path

import pytest

from join_packages import join


def write(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()


def test_the_tree_holds_the_files_of_every_source(tmp_path: Path) -> None:
    write(tmp_path / "core" / "nexios" / "__init__.py")
    write(tmp_path / "cli" / "nexios" / "cli" / "__init__.py")

    join([tmp_path / "core", tmp_path / "cli"], tmp_path / "joined")

    assert (tmp_path / "joined" / "nexios" / "__init__.py").is_file()
    assert (tmp_path / "joined" / "nexios" / "cli" / "__init__.py").is_file()


def test_what_is_gone_from_the_sources_is_gone_from_the_tree(tmp_path: Path) -> None:
    write(tmp_path / "core" / "old.py")
    join([tmp_path / "core"], tmp_path / "joined")
    (tmp_path / "core" / "old.py").unlink()

    join([tmp_path / "core"], tmp_path / "joined")

    assert not (tmp_path / "joined" / "old.py").is_symlink()


def test_one_path_in_two_sources_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "core" / "same.py")
    write(tmp_path / "cli" / "same.py")

    with pytest.raises(FileExistsError, match=r"same\.py"):
        join([tmp_path / "core", tmp_path / "cli"], tmp_path / "joined")
