from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.http.disposition import content_disposition
from nexios.http.headers import check_value


@pytest.mark.parametrize(
    ("filename", "written"),
    [
        ("report.pdf", 'attachment; filename="report.pdf"'),
        ("my report.pdf", 'attachment; filename="my report.pdf"'),
        ("a;b,c=d.txt", 'attachment; filename="a;b,c=d.txt"'),
        ("X.TXT", 'attachment; filename="X.TXT"'),
        ("~.txt", 'attachment; filename="~.txt"'),
        ("naïve €.txt", "attachment; filename=\"na_ve _.txt\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt"),
        ('a"b.txt', "attachment; filename=\"a_b.txt\"; filename*=UTF-8''a%22b.txt"),
        ("100%25.txt", "attachment; filename=\"100_25.txt\"; filename*=UTF-8''100%2525.txt"),
        ("é'(*).txt", "attachment; filename=\"_'(*).txt\"; filename*=UTF-8''%C3%A9%27%28%2A%29.txt"),
        ("é!#$&+-.^_`|~", "attachment; filename=\"_!#$&+-.^_`|~\"; filename*=UTF-8''%C3%A9!#$&+-.^_`|~"),
        ("../../etc/passwd", 'attachment; filename=".._.._etc_passwd"'),
        ("C:\\x\\y", 'attachment; filename="C:_x_y"'),
        ("\udcff.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%3F.txt"),
        ("", "attachment"),
    ],
)
def test_a_download_has_a_name_every_browser_reads(filename: str, written: str) -> None:
    assert content_disposition(filename) == written
    assert content_disposition(filename, inline=True) == written.replace("attachment", "inline", 1)


@pytest.mark.parametrize("code", [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029])
def test_a_control_character_is_refused(code: int) -> None:
    with pytest.raises(ValueError, match=r"the file name .* has .*: leave it out") as caught:
        content_disposition(f"a{chr(code)}b")

    assert ascii(chr(code)) in str(caught.value)


@given(st.text(max_size=20))
def test_every_other_name_is_one_header_value_and_reads_back(filename: str) -> None:
    try:
        written = content_disposition(filename)
    except ValueError:
        return
    name = filename.replace("/", "_").replace("\\", "_")

    assert check_value(written) == written.encode("ascii")
    _, extended, encoded = written.partition("; filename*=UTF-8''")
    if extended:
        assert unquote(encoded) == name
    elif filename:
        assert written == f'attachment; filename="{name}"'
    assert written.count('"') in (0, 2)


@pytest.mark.parametrize("atom", ["a", '"', "\\", "é", "/", "%", "\udcff", "\n"])
def test_a_long_name_is_written_in_linear_time(atom: str, assert_linear: Callable[..., None]) -> None:
    assert_linear(content_disposition, lambda size: atom * (size // len(atom)))
