"""Clients of redis-py with every limit set explicitly: nobody waits longer than the configured timeout."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import anyio

import redis
from nexios.redis.address import Address, parse_address
from nexios.redis.config import RedisConfig
from redis import asyncio as aioredis
from redis import cluster, sentinel
from redis.asyncio import client as async_client
from redis.asyncio import cluster as async_cluster
from redis.asyncio import sentinel as async_sentinel
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.exceptions import TimeoutError as RedisTimeout
from redis.retry import Retry

# What redis-py leaves without types.
AsyncClusterNode: Any = async_cluster.ClusterNode
AsyncClusterPipeline: Any = async_cluster.ClusterPipeline
AsyncPipeline: Any = async_client.Pipeline
AsyncPubSub: Any = async_client.PubSub
AsyncSentinel: Any = async_sentinel.Sentinel
SentinelConnectionPool: Any = async_sentinel.SentinelConnectionPool
ClusterNode: Any = cluster.ClusterNode
Sentinel: Any = sentinel.Sentinel


@contextmanager
def within(seconds: float, what: Any) -> Iterator[None]:
    """Raise the TimeoutError of redis-py for what takes longer than *seconds*."""
    try:
        # Not asyncio.timeout: it cancels once, and redis-py loses that where a connection changes hands just then.
        with anyio.fail_after(seconds):
            yield
    except TimeoutError:
        raise RedisTimeout(f"Redis did not answer {what} within {seconds:.2g} seconds") from None


class _Bounded:
    """Ends each command at one deadline, which connecting, waiting for the pool and retries share."""

    patience: float = 0.5

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        with within(self.patience, args[0]):
            return await super().execute_command(*args, **options)  # type: ignore[misc]  # of the class beside it


class _BoundedPipeline:
    """Ends the execution of all its commands at one deadline; those of a WATCH, each at one."""

    patience: float = 0.5

    async def execute(self, *args: Any, **options: Any) -> Any:
        with within(self.patience, "a pipeline"):
            return await super().execute(*args, **options)  # type: ignore[misc]  # of the class beside it

    async def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        with within(self.patience, args[0]):
            return await super().immediate_execute_command(*args, **options)  # type: ignore[misc]  # as above


class _Pipeline(_BoundedPipeline, AsyncPipeline):  # type: ignore[misc]  # a base without types
    """Several commands in one round trip."""


class _ClusterPipeline(_BoundedPipeline, AsyncClusterPipeline):  # type: ignore[misc]  # as above
    """The same for each node of a cluster."""


class _PubSub(_Bounded, AsyncPubSub):  # type: ignore[misc]  # as above
    """A subscription: its commands have a deadline. How long to wait for messages, its user says."""


class BoundedRedis(_Bounded, aioredis.Redis):  # type: ignore[misc]  # its bases do not agree on command_info
    """One server, or the master that Sentinel names."""

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Any:
        pool, callbacks = self.connection_pool, self.response_callbacks
        return _as_patient(self, _Pipeline, pool, callbacks, transaction, shard_hint)

    def pubsub(self, **options: Any) -> Any:
        return _as_patient(self, _PubSub, self.connection_pool, **options)


class BoundedCluster(_Bounded, aioredis.RedisCluster):  # type: ignore[misc]  # as above
    """A cluster."""

    def pipeline(self, transaction: Any = None, shard_hint: Any = None) -> Any:
        # redis-py 6.0 has no transactions on clusters.
        return _as_patient(self, _ClusterPipeline, self, *([] if transaction is None else [transaction]))


def _as_patient(client: Any, kind: Any, *args: Any, **options: Any) -> Any:
    made = kind(*args, **options)
    made.patience = client.patience
    return made


def open_client(config: RedisConfig) -> Any:
    """A client for asyncio, of whichever kind the URL asks for. Does no I/O: the first command connects."""
    address = parse_address(config.url.reveal())
    # A little of the time is kept for giving up: cancelling, and closing the connection.
    patience = config.timeout - min(0.05, config.timeout / 10)
    client: Any
    if address.kind == "cluster":
        nodes = [AsyncClusterNode(host, port) for host, port in address.hosts]
        client = BoundedCluster(startup_nodes=nodes, **_options(config, address, AsyncRetry), **_tls(config, address))
    else:
        client = BoundedRedis(connection_pool=_pool(config, address))
    client.patience = patience
    return client


def open_blocking_client(config: RedisConfig) -> Any:
    """A client for code that cannot await. It blocks its thread, for at most the configured timeout."""
    address = parse_address(config.url.reveal())
    # Connecting and answering may each take its share; nothing is tried twice.
    share = {"socket_timeout": config.timeout * 0.45, "socket_connect_timeout": config.timeout * 0.45}
    options = {**_options(replace(config, retries=0), address, Retry), **share}
    if address.kind == "cluster":
        nodes = [ClusterNode(host, port) for host, port in address.hosts]
        return redis.RedisCluster(startup_nodes=nodes, **options, **_tls(config, address))
    options |= {"db": address.database, **_tls(config, address)}
    if address.kind == "sentinel":
        manager = Sentinel(address.hosts, sentinel_kwargs=share, **options)
        return manager.master_for(address.service)
    return redis.Redis(**_place(address, "unix_socket_path"), **options)


def _options(config: RedisConfig, address: Address, retry: type[Any]) -> dict[str, Any]:
    return {
        "username": address.username,
        "password": address.password,
        "protocol": 2,
        "socket_timeout": config.timeout,
        "socket_connect_timeout": config.timeout,
        "max_connections": config.max_connections,
        "retry": retry(ExponentialBackoff(cap=0.05, base=0.01), config.retries, (redis.ConnectionError,)),
    }


def _pool(config: RedisConfig, address: Address) -> Any:
    options = {**_options(config, address, AsyncRetry), "db": address.database}
    if address.kind == "sentinel":
        times = {name: options[name] for name in ("socket_timeout", "socket_connect_timeout")}
        manager = AsyncSentinel(address.hosts, sentinel_kwargs=times)
        return SentinelConnectionPool(address.service, manager, **options, **_tls(config, address))
    kind: Any = aioredis.Connection
    if address.socket:
        kind = aioredis.UnixDomainSocketConnection
    elif address.tls:
        kind, options["ssl_ca_certs"] = aioredis.SSLConnection, config.ca_file
    # One that waits, until the deadline of the command: a burst of requests must not fail because the pool is small.
    return aioredis.BlockingConnectionPool(timeout=None, connection_class=kind, **_place(address, "path"), **options)


def _place(address: Address, socket: str) -> dict[str, Any]:
    if address.socket:
        return {socket: address.socket}
    host, port = address.hosts[0]
    return {"host": host, "port": port}


def _tls(config: RedisConfig, address: Address) -> dict[str, Any]:
    return {"ssl": True, "ssl_ca_certs": config.ca_file} if address.tls else {}
