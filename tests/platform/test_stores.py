"""A stranger's session store: found by its entry point, configured by the application, and held to the same rules."""

from __future__ import annotations

import pytest

from nexios import MakeConfig, NexiosApp, Request
from nexios.testing import SyncTestClient
from nexios.testing.exceptions import LifespanError
from tests.platform.site import Site

STORE = """
    from nexios.session import Conflict

    class ShelfStore:
        def __init__(self, shelf):
            self.shelf, self.kept = shelf, {}

        async def load(self, key, seconds):
            return self.kept.get(key)

        async def save(self, key, record, seconds, replaces):
            if self.kept.get(key) != replaces:
                return Conflict(self.kept.get(key))
            self.kept[key] = record

        async def delete(self, key):
            self.kept.pop(key, None)

    opened = []

    def open_store(app, options):
        opened.append(ShelfStore(**options))
        return opened[-1]
"""


@pytest.fixture
def site(site: Site) -> Site:
    site.install("shelf", STORE, group="nexios.session.stores", target="acme_shelf:open_store")
    return site


def counting(**session: object) -> NexiosApp:
    app = NexiosApp(MakeConfig(debug=True, session=session), plugins=["session"])

    @app.get("/visits")
    async def visits(request: Request) -> dict[str, int]:
        request.session["visits"] = request.session.get("visits", 0) + 1
        return {"visits": request.session["visits"]}

    return app


def test_a_store_of_another_distribution_is_named_like_ours(site: Site) -> None:
    with SyncTestClient(counting(store="shelf", options={"shelf": "upper"})) as client:
        client.get("/visits")
        assert client.get("/visits").json() == {"visits": 2}

    import acme_shelf  # type: ignore[import-not-found]  # installed by the fixture

    (store,) = acme_shelf.opened
    assert store.shelf == "upper"
    # The store never sees what is in the cookie.
    ((key, record),) = store.kept.items()
    assert (len(key), type(record)) == (64, bytes)
    assert key not in client.cookies.values()


def test_options_that_it_does_not_take_and_names_that_nobody_has_stop_the_start(site: Site) -> None:
    with (
        pytest.raises(LifespanError, match=r"session\.options does not fit the store 'shelf': .*'height'"),
        SyncTestClient(counting(store="shelf", options={"height": 2})),
    ):
        pass
    with (
        pytest.raises(LifespanError, match=r"session\.store is 'shelv'; did you mean 'shelf'\?.*redis, shelf"),
        SyncTestClient(counting(store="shelv")),
    ):
        pass
