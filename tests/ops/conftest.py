"""Fixtures of the operations' tests."""

from tests.ops.own_servers import postgres_server, redis_server

__all__ = ["postgres_server", "redis_server"]
