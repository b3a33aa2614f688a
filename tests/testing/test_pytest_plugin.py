from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

APP = """
    import pytest

    @pytest.fixture
    def app():
        return hello

    async def hello(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"hello"})
"""

ASYNC_TEST = """
    import pytest

    @pytest.mark.anyio
    async def test_hello(client):
        assert (await client.get("/")).text == "hello"
"""

SYNC_TEST = """
    def test_hello(sync_client):
        assert sync_client.get("/").text == "hello"
"""


@pytest.fixture(autouse=True)
def plugin(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the plugin as its entry point does where the package is installed."""
    pytester.makeini("[pytest]\nfilterwarnings = error")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p anyio.pytest_plugin -p nexios.testing.pytest_plugin")


def test_the_async_client_serves_the_app_fixture_on_both_event_loops(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(APP)
    pytester.makepyfile(ASYNC_TEST)

    result = pytester.runpytest("-v")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines_random(["*test_hello?asyncio? PASSED*", "*test_hello?trio? PASSED*"])


def test_the_sync_client_serves_the_app_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(APP + SYNC_TEST)

    pytester.runpytest().assert_outcomes(passed=1)


def test_the_app_fixture_may_be_async(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(APP.replace("def app():", "async def app():", 1) + ASYNC_TEST)

    pytester.runpytest().assert_outcomes(passed=2)


@pytest.mark.parametrize("test", [ASYNC_TEST, SYNC_TEST])
def test_a_missing_app_fixture_is_told_in_one_sentence(pytester: pytest.Pytester, test: str) -> None:
    pytester.makepyfile(test)

    result = pytester.runpytest()

    result.stdout.fnmatch_lines(["client and sync_client need the application: define a fixture named app *"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_failure_of_the_shutdown_is_an_error_of_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def app():
            return failing

        async def failing(scope, receive, send):
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.failed", "message": "the queue is not empty"})

        def test_nothing(sync_client):
            pass
        """
    )

    result = pytester.runpytest()

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*LifespanError: shutdown failed: the queue is not empty"])
