"""What else is parsed of a header: classes 09, 14 and 19."""

from __future__ import annotations

from tests.core.hostile.attack import Attack, Threat

# Within the 32 KiB that a header may have at all.
LONG = 32_000


def _cookie(sends: str, value: bytes, cookies: dict[str, str] | None = None) -> Attack:
    return Attack(
        sends, 200, "/probe", headers=((b"cookie", value),), says=None if cookies is None else {"cookies": cookies}
    )


COOKIES = Threat(
    9,
    "Cookies that no browser sends",
    (
        _cookie("32 KB of quotes and backslashes", b'a="' + b'\\"' * (LONG // 2)),
        _cookie("a flood of cookies", b"a=1;" * (LONG // 4), {"a": "1"}),
        _cookie("a flood of separators", b";" * LONG, {}),
        _cookie("without a name: `=v`", b"=v", {}),
        _cookie("without a value: `a`", b"a", {}),
        _cookie("more than one equals sign", b"a=b=c", {"a": "b=c"}),
        _cookie("a name twice: the first counts", b"a=1; a=2", {"a": "1"}),
        _cookie("quotes around a value", b'a="1"', {"a": "1"}),
        _cookie("a quote alone", b'a="', {"a": '"'}),
        _cookie("an escape in quotes stays", b'a="\\061"', {"a": "\\061"}),
        _cookie("an attribute is a cookie like any other", b"$Version=1; a=2", {"$Version": "1", "a": "2"}),
        _cookie("an odd blank makes no prefixed name", b"\xa0__Host-a=1", {"\xa0__Host-a": "1"}),
        Attack(
            "several lines are one list",
            200,
            "/probe",
            headers=((b"cookie", b"a=1"), (b"cookie", b"a=2; b=3")),
            says={"cookies": {"a": "1", "b": "3"}},
        ),
    ),
    (
        "core/http/test_cookies.py::test_any_text_is_read",
        "core/http/test_cookies.py::test_a_long_header_is_read_in_linear_time",
        "core/http/test_cookies.py::test_a_thousand_cookies_are_read_and_no_more",
    ),
)

ATOMS = (b";", b",", b'"', b"\\", b" ", b"a/b,", b"*/*;q=0.1,", b'a/b;c="', b";=", b"\xb2", b"q=\xd9\xa1")

SLOW = Threat(
    14,
    "Headers that are slow to parse",
    (
        *[
            Attack(
                f"32 KB of Accept: `{atom.decode('latin-1')!a}`",
                406 if atom == b"a/b," else 200,
                "/accepts",
                headers=((b"accept", atom * (LONG // len(atom))),),
            )
            for atom in ATOMS
        ],
        *[
            Attack(
                f"32 KB of Content-Type: `{atom.decode('latin-1')!a}`",
                415,
                "/json",
                "POST",
                ((b"content-type", b"a/b" + atom * (LONG // len(atom))),),
            )
            for atom in ATOMS
        ],
        Attack(
            "a quality in other digits than ASCII is no quality",
            406,
            "/accepts",
            headers=((b"accept", "text/html;q=\u0661, a/b".encode()),),
        ),
        Attack("nothing of what is offered", 406, "/accepts", headers=((b"accept", b"image/png"),)),
        Attack("everything refused", 406, "/accepts", headers=((b"accept", b"*/*;q=0"),)),
        Attack(
            "Accept on two lines is one list",
            200,
            "/accepts",
            headers=((b"accept", b"image/png"), (b"accept", b"text/html")),
            says="text/html",
        ),
    ),
    (
        "core/http/test_media.py::test_long_headers_are_read_in_linear_time",
        "core/http/test_conditional.py::test_long_preconditions_are_read_in_linear_time",
        "core/http/test_proxies.py::test_long_headers_are_read_in_linear_time",
        "core/http/test_quoting.py::test_long_texts_are_read_in_linear_time",
    ),
)


def _range(sends: str, status: int, value: bytes, says: object = None, **answers_with: str) -> Attack:
    fields = {name.replace("_", "-"): text for name, text in answers_with.items()}
    return Attack(sends, status, "/file", headers=((b"range", value),), says=says, answers_with=fields)


RANGES = Threat(
    19,
    "Ranges",
    (
        _range("5 000 ranges: the whole file, once", 200, b"bytes=" + b",".join([b"0-1"] * 5_000), "0123456789"),
        _range("17 ranges: the whole file, once", 200, b"bytes=" + b",".join([b"0-0"] * 17), "0123456789"),
        _range(
            "16 ranges that overlap: their bytes, once",
            206,
            b"bytes=" + b",".join([b"0-8"] * 16),
            "012345678",
            content_range="bytes 0-8/10",
        ),
        _range("beyond the end", 416, b"bytes=10-", content_range="bytes */10"),
        _range("nothing from the end", 416, b"bytes=-0", content_range="bytes */10"),
        _range("more digits than any file has bytes", 206, b"bytes=1-" + b"9" * 4_000, "123456789"),
        *[
            _range(f"no list of byte ranges: `{value.decode('latin-1')!a}`", 200, value, "0123456789")
            for value in (
                b"bytes=",
                b"bytes=5-1",
                b"bytes=-",
                b"bytes=a-b",
                b"bytes=+1-2",
                b"bytes=1--2",
                b"bytes=0-1;2-3",
                b"lines=0-1",
                b"bytes 0-1",
                "bytes=\u0660-\u0661".encode(),
                b"bytes=\xb2-",
                b"bytes=1_0-2",
                b"",
            )
        ],
    ),
    (
        "core/http/test_ranges.py::test_exactly_the_bytes_asked_for_are_sent_once",
        "core/http/test_ranges.py::test_a_long_header_is_read_in_linear_time",
        "core/http/test_files.py::test_a_file_that_shrinks_while_it_is_sent_cuts_the_answer",
    ),
)

THREATS = [COOKIES, SLOW, RANGES]
