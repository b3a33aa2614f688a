"""Where the request ends, whom it is for, and who asks: classes 01 to 04, 10 and 17."""

from __future__ import annotations

from tests.core.hostile.attack import HOST, Attack, Threat

CHUNKED = (b"transfer-encoding", b"chunked")
UPGRADE = (b"upgrade", b"websocket")


def shown(value: bytes) -> str:
    return "`" + value.decode("latin-1").encode("unicode_escape").decode() + "`" if value else "empty"


def _refused(
    kind: str, name: bytes, values: list[bytes], *more: tuple[bytes, bytes], method: str = "POST"
) -> list[Attack]:
    return [
        Attack(f"{kind}: {shown(value)}", 400, method=method, headers=((name, value), *more), closes=True)
        for value in values
    ]


SMUGGLING = Threat(
    1,
    "Request smuggling",
    (
        *_refused("Content-Length beside Transfer-Encoding", b"content-length", [b"5", b"0", b""], CHUNKED),
        *_refused("Two Content-Lengths, the second", b"content-length", [b"5", b"6"], (b"content-length", b"5")),
        *_refused(
            "Content-Length",
            b"content-length",
            [b"", b"+5", b"-1", b"5_0", b"0x5", b"5.0", b"5,5", b" 5", b"5 ", "\u0665".encode(), b"\xb2", b"9" * 20],
        ),
        *_refused("Two Transfer-Encodings, the second", b"transfer-encoding", [b"chunked", b"identity"], CHUNKED),
        *_refused(
            "Transfer-Encoding",
            b"transfer-encoding",
            [b"", b"identity", b"gzip, chunked", b"chunked, chunked", b"xchunked", b"chunked;a=b", b"\x0bchunked"],
        ),
        *_refused("GET with Upgrade and Content-Length", b"content-length", [b"1", b"10"], UPGRADE, method="GET"),
        *_refused("GET with Upgrade and Transfer-Encoding", b"transfer-encoding", [b"chunked"], UPGRADE, method="GET"),
        Attack(
            "GET with Upgrade and a Content-Length of nothing: `00`", 200, headers=((b"content-length", b"00"), UPGRADE)
        ),
        Attack("Content-Length: 19 digits", 413, method="POST", headers=((b"content-length", b"9" * 19),), closes=True),
        Attack("Transfer-Encoding: `Chunked`", 200, method="POST", headers=((b"transfer-encoding", b"Chunked"),)),
        Attack("a name with an underscore: `transfer_encoding`", 200, headers=((b"transfer_encoding", b"chunked"),)),
    ),
)

CONTROLS = [*range(0x09), *range(0x0A, 0x20), 0x7F]

GRAMMAR = Threat(
    2,
    "Lenient header grammar",
    (
        *[
            Attack(f"a control character in a value: {code:02x}", 400, headers=((b"x", b"a%cb" % code),), closes=True)
            for code in CONTROLS
        ],
        *[
            Attack(f"a name that is no token in lower case: {shown(name)}", 400, headers=((name, b"1"),), closes=True)
            for name in (
                b"",
                b" ",
                b"x ",
                b" x",
                b"x y",
                b"x:",
                b"x\n",
                b"x\0",
                b"\xe9",
                b"(x)",
                b"X",
                b":path",
                b"Content-Length",
            )
        ],
        *[
            Attack(
                f"a name with an underscore is no name with a hyphen: {shown(name)}",
                200,
                "/probe",
                headers=((name, b"spoofed"),),
                says={"user": None, "forwarded": None, "client": ["203.0.113.9", 50000]},
            )
            for name in (b"x_user", b"x_forwarded_for")
        ],
        *[
            Attack(
                f"a field that says who, what or where from, twice: {shown(name)}",
                400,
                headers=((name, b"1"),) * 2,
                closes=True,
            )
            for name in (b"authorization", b"content-type", b"origin", b"proxy-authorization")
        ],
    ),
    ("core/http/test_framing.py::test_a_look_alike_of_a_framing_field_is_refused_or_another_name",),
)

BAD_HOSTS = [
    b"", b"a/b", b"a?b", b"a#b", b"u@h", b"evil:fake@legit", b"[::1", b"x:99999", b"a b", b" a", b"a\\b", b"x:8_0",
    b"[::1]x", b".", b"..", b"a..b", b"%61", b"\xc3\xa9", b"x:\xd9\xa1", b"a,b", b"<svg>",
]  # fmt: skip

HOSTS = Threat(
    3,
    "Host header",
    (
        Attack("no Host", 400, host=None, closes=True),
        *[Attack(f"Host: {shown(host)}", 400, host=host, closes=True) for host in BAD_HOSTS],
        *[
            Attack("two Hosts, the same twice or another", 400, headers=((b"host", b),), closes=True)
            for b in (HOST[1], b"evil")
        ],
        *[
            Attack(f"a path cannot move the host: {shown(path.encode())}", 404, path)
            for path in ("@google.com", "//google.com/", "http://google.com/", "/\\google.com", "")
        ],
    ),
    (
        "core/hostile/test_any_request.py::test_no_host_and_no_path_move_each_other",
        "core/http/test_urls.py::test_host_and_path_never_move_each_other",
        "core/http/test_hosts.py::test_any_text_is_a_host_that_survives_a_round_trip_or_none",
    ),
)

FORWARDED = [
    (b"x-forwarded-for", b"6.6.6.6"),
    (b"x-real-ip", b"6.6.6.6"),
    (b"forwarded", b"for=6.6.6.6;proto=https;host=evil.example"),
    (b"x-forwarded-host", b"evil.example"),
    (b"x-forwarded-proto", b"https"),
    (b"x-forwarded-prefix", b"/evil"),
    (b"x-original-url", b"/evil"),
    (b"x-rewrite-url", b"/evil"),
    (b"x-http-method-override", b"DELETE"),
]

PROXIES = Threat(
    4,
    "Forwarding headers of strangers",
    tuple(
        Attack(
            f"without `trusted_proxies` changes nothing: {shown(name)}",
            200,
            "/probe",
            headers=((name, value),),
            says={
                "client": ["203.0.113.9", 50000],
                "url": "http://testserver/probe",
                "link": "http://testserver/probe",
            },
        )
        for name, value in FORWARDED
    ),
    (
        "core/http/test_connection.py::test_forwarding_headers_of_strangers_change_nothing",
        "core/http/test_connection.py::test_a_trusted_proxy_says_who_asks_and_for_what",
        "core/http/test_proxies.py::test_no_client_can_choose_its_address",
        "core/http/test_proxies.py::test_where_the_nearest_entry_is_malformed_the_peer_is_the_client",
        "core/http/test_proxies.py::test_long_headers_are_read_in_linear_time",
    ),
)

LOGS = Threat(
    10,
    "Log injection",
    (Attack("line breaks and escape sequences in the path of a request that fails", 500, "/fails/a\r\nFAKE\x1b[31m"),),
    (
        "core/hostile/test_table.py::test_every_attack_is_answered_as_the_table_says",
        "core/test_error_boundary.py::test_an_unexpected_error_is_a_500_that_tells_nothing_and_is_logged_once",
    ),
)

FLOODS = Threat(
    17,
    "Floods of header fields",
    (
        Attack("100 fields", 200, headers=tuple((b"x-%d" % number, b"") for number in range(99))),
        Attack("101 fields", 431, headers=tuple((b"x-%d" % number, b"") for number in range(100))),
        Attack("101 lines of one name", 431, headers=((b"x", b"1"),) * 100),
        Attack("100 000 lines of one name", 431, headers=((b"x", b"1"),) * 100_000),
        Attack(
            "32 768 bytes of names and values", 200, headers=((b"x", b"v" * (32_768 - 1 - len(b"hosttestserver"))),)
        ),
        Attack(
            "32 769 bytes of names and values", 431, headers=((b"x", b"v" * (32_769 - 1 - len(b"hosttestserver"))),)
        ),
    ),
    (
        "core/http/test_framing.py::test_the_budget_counts_names_and_values_to_the_byte",
        "core/http/test_framing.py::test_a_flood_of_fields_is_refused_in_linear_time",
        "core/http/test_headers.py::test_many_lines_are_looked_up_in_linear_time",
    ),
)

THREATS = [SMUGGLING, GRAMMAR, HOSTS, PROXIES, LOGS, FLOODS]
