"""Which route, which guard, which site: classes 05, 06 and 18."""

from __future__ import annotations

from tests.core.hostile.attack import Attack, Threat

GUARDS = ("layer", "dependency", "mount")

# Paths that one reader takes for /admin/x and another does not, as servers hand them over: decoded once.
SPELLINGS = {
    "/admin/x": 204,
    "//admin/x": 404,
    "/admin//x": 404,
    "/admin%2fx": 404,
    "/admin/%2fx": 204,
    "/%61dmin/x": 404,
    "/admin/x;v=1": 204,
    "/admin;v=1/x": 404,
    "/admin/./x": 404,
    "/./admin/x": 404,
    "/Admin/x": 404,
    "/admin/x%0a": 204,
    "/admin/x\n": 204,
    "/admin/x/": 204,
    "/admin/../admin/x": 404,
    "/x/../admin/x": 404,
    "/admin\\x": 404,
    "/admin": 404,
    "/admin/": 404,
    "/admin\0/x": 404,
    "/\uff41dmin/x": 404,
}

# A mount serves whole segments below its prefix, and nothing of another spelling.
MOUNTED = {"/admin/x": 200, "/admin/x/": 200} | dict.fromkeys(
    ("/admin//x", "/admin/x;v=1", "/admin/./x", "/admin/x%0a", "/admin/x\n", "/admin/../admin/x", "/admin/%2fx"), 404
)

BYPASS = Threat(
    5,
    "Guards passed by another spelling of the path",
    (
        *[
            Attack(f"behind a guarded {guard}: `{shown}`", status, f"/{guard}{path}")
            for guard in ("layer", "dependency")
            for path, status in SPELLINGS.items()
            for shown in (path.encode("unicode_escape").decode(),)
        ],
        *[
            Attack(f"behind a guarded mount: `{shown}`", status, f"/mount{path}")
            for path, status in {**SPELLINGS, **MOUNTED}.items()
            for shown in (path.encode("unicode_escape").decode(),)
        ],
        *[
            Attack(f"to a guarded route, by method: `{method}`", status, "/layer/admin/x", method)
            for method, status in {
                "HEAD": 204,
                "OPTIONS": 204,
                "DELETE": 405,
                "get": 405,
                "GET ": 405,
                "_HELPER": 405,
                "__init__": 405,
                "G\nT": 405,
                "": 405,
            }.items()
        ],
    ),
    ("core/test_pipeline.py::test_what_guards_a_router_guards_it_against_other_methods_too",),
)

LEAVING = [
    "//evil.com/", "/\\evil.com/", "/\\/evil.com", "/\t/evil.com/", "//evil.com//", "/%5cevil.com/", "///evil.com/",
    "//evil.com", "/\\evil.com",
]  # fmt: skip

TARGETS = [
    "//e", "/\\e", "\\\\e", "https:e", "https://e/", "javascript:alert(1)", " //e", "\t//e", "http:///e", "/\t/e",
    "data:text/html,x", "", "/\x85/e", "////e", "http:/e", "//e@testserver", "ftp://testserver/",
]  # fmt: skip

REDIRECTS = Threat(
    6,
    "Open redirects",
    (
        *[Attack(f"a path next to a declared one: `{path!a}`", 404, path) for path in LEAVING],
        Attack(
            "a slash that is missing: answered with a path, never with Host",
            308,
            "/slash/a/b",
            host=b"evil.example",
            answers_with={"location": "/slash/a/b/"},
        ),
        Attack("a slash that is missing, and a backslash in a segment", 404, "/slash/\\evil.com/x"),
        Attack(
            "a slash that is missing, and a query of bytes that no URL has: they are encoded as they are",
            308,
            "/slash/a/b",
            query=b"a=%20&b=\xc3\x80\xe9&c=\r\n\x00\\#",
            answers_with={"location": "/slash/a/b/?a=%20&b=%C3%80%E9&c=%0D%0A%00%5C%23"},
        ),
        *[
            Attack(
                f"`safe_redirect` sends home instead of to: `{target!a}`",
                302,
                "/next",
                query=b"to=" + "".join(f"%{byte:02x}" for byte in target.encode()).encode(),
                answers_with={"location": "/"},
            )
            for target in TARGETS
        ],
        Attack(
            "`safe_redirect` keeps a path of this site",
            302,
            "/next",
            query=b"to=/a?b=c",
            answers_with={"location": "/a?b=c"},
        ),
    ),
    (
        "core/hostile/test_any_request.py::test_no_slash_redirect_leaves_the_site",
        "core/http/test_urls.py::test_no_path_leads_to_another_host",
        "core/http/test_urls.py::test_a_safe_target_never_names_a_host",
        "core/http/test_urls.py::test_an_unsafe_target_is_replaced",
    ),
)

LONG = 10_240

CONVERTERS = Threat(
    18,
    "Paths that are slow to match",
    (
        Attack("30 000 segments", 404, "/a" * 30_000),
        Attack("30 000 empty segments", 404, "/" * 30_000),
        Attack("30 000 segments behind a prefix", 204, "/layer/admin" + "/a" * 30_000),
        *[
            Attack(f"a segment of 10 KB for a converter: `{kind}`", 404, f"/{kind}/{atom * (LONG // len(atom))}")
            for kind, atom in (
                ("int", "9"),
                ("int", "-"),
                ("int", "\u0665"),
                ("float", "1"),
                ("float", "1e"),
                ("float", "."),
                ("uuid", "a-"),
                ("uuid", "{"),
                ("date", "2026-"),
                ("time", "T0"),
            )
        ],
    ),
    (
        "core/hostile/test_time.py::test_a_segment_is_matched_in_linear_time",
        "tools/test_check_patterns.py::test_no_pattern_of_the_packages_can_be_made_to_backtrack",
    ),
)

THREATS = [BYPASS, REDIRECTS, CONVERTERS]
