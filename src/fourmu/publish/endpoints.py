"""Addresses of S3 servers: scheme, host and port, and nothing that is secret."""

from __future__ import annotations

import urllib.parse

from fourmu.errors import InputError

__all__ = ["endpoint_name", "no_endpoint"]


def endpoint_name(url: str) -> str:
    """Scheme, host and port of an endpoint, for messages.

    Raises
    ------
    InputError
        It is none, or holds user and password.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        raise no_endpoint(url) from None
    if "@" in url:
        raise InputError("an endpoint holds no credentials", key="--endpoint-url")
    if scheme not in ("http", "https") or not host or not host.isprintable() or " " in host:
        raise no_endpoint(url)
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}{'' if port is None else f':{port}'}"


def no_endpoint(url: str | None) -> InputError:
    """What is said of an address that is no endpoint; it is repeated if it can hold no secret."""
    return InputError(
        "this is no address of an S3 server",
        key="--endpoint-url",
        found=None if url is None or set(url) & set("@?#") else url[:200],
        expected="http(s)://host:port (of the option, AWS_ENDPOINT_URL or endpoint_url)",
    )
