"""An S3 bucket as a store, Amazon's or anyone's: single conditional PUTs, and no other way.

``If-None-Match: *`` is what keeps two writers apart. Uploads in parts ignore it, so there are
none, and ETags are not used: some servers quote them otherwise, and none is a SHA-256.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

from fourmu.errors import FourMuError, InputError, StorageError

from .endpoints import endpoint_name, no_endpoint
from .manifest import sha256_of
from .retrying import TransientError, retried
from .s3_errors import error_code, status_of, translated
from .store import Store, Stored

__all__ = ["S3Store"]

_ATTEMPTS: Final = 5
_CONNECT_TIMEOUT_S: Final = 10.0
_READ_TIMEOUT_S: Final = 60.0
_SHA256: Final = "sha256"
"""Name of the digest in the metadata of an object."""
_CHUNK: Final = 2**20
_MORE_CONNECTIONS: Final = 8
"""For the probe, whatever the number of jobs."""


class S3Store(Store):
    """Objects below a prefix of a bucket.

    Parameters
    ----------
    client
        S3 client of boto3; it may be used by several threads.
    bucket, prefix
        Where the objects are.
    attempts
        Tries of what botocore itself does not try again: bodies that end early, and conflicts.
    """

    def __init__(self, client: Any, bucket: str, prefix: str, *, attempts: int = _ATTEMPTS) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._attempts = attempts
        self._endpoint = endpoint_name(client.meta.endpoint_url)

    @classmethod
    def connect(
        cls,
        *,
        bucket: str,
        prefix: str = "",
        profile: str | None = None,
        endpoint_url: str | None = None,
        anonymous: bool = False,
        writing: bool = False,
        jobs: int = 8,
        read_timeout_s: float = _READ_TIMEOUT_S,
    ) -> S3Store:
        """Make a client from the usual places of AWS: environment, profile, instance.

        Server errors, time-outs, resets and throttling are tried again by botocore, with
        exponential back-off and jitter, five times unless the AWS configuration says otherwise
        (``AWS_MAX_ATTEMPTS``).

        Raises
        ------
        InputError
            There are no credentials to write with, or the configuration cannot be used.
        """
        where = f"s3://{bucket}/{prefix}"
        if endpoint_url is not None:
            endpoint_name(endpoint_url)
        with translated(where):
            import boto3  # type: ignore[import-untyped]  # noqa: PLC0415  half a second
            from botocore import UNSIGNED  # type: ignore[import-untyped]  # noqa: PLC0415
            from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415

            session = boto3.session.Session(profile_name=profile)
            unsigned = anonymous or _credentials(session, where) is None
            if unsigned and writing:
                raise InputError(
                    "there are no AWS credentials to write with",
                    where=where,
                    expected="a profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                )
            attempts = _attempts_of(session)
            config = Config(
                signature_version=UNSIGNED if unsigned else None,
                retries={"mode": "standard", "total_max_attempts": attempts},
                connect_timeout=_CONNECT_TIMEOUT_S,
                read_timeout=read_timeout_s,
                max_pool_connections=jobs + _MORE_CONNECTIONS,
                # the server then compares what came with the SHA-256 that was signed ...
                s3={"payload_signing_enabled": True},
                # ... and newer checksums in trailers, which older servers refuse, add nothing
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            )
            client = _client(session, endpoint_url, config, where)
        return cls(client, bucket, prefix, attempts=attempts)

    def where(self, key: str = "") -> str:
        """Address of an object, or of the store."""
        return f"s3://{self._bucket}/{self._prefix}{key}"

    def _translated(
        self, key: str, *, reading_body: bool = False
    ) -> contextlib.AbstractContextManager[None]:
        return translated(self.where(key), endpoint=self._endpoint, reading_body=reading_body)

    def get(self, key: str, *, limit: int) -> bytes | None:
        """Content of an object; a body that ends early is asked for again."""
        return retried(lambda: self._get(key, limit), attempts=self._attempts)

    def _get(self, key: str, limit: int) -> bytes | None:
        with self._translated(key):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)
            except self._client.exceptions.ClientError as error:
                if _is_absent(error):
                    return None
                raise
        content, body = bytearray(), answer["Body"]
        with contextlib.closing(body), self._translated(key, reading_body=True):
            while len(content) <= limit and (chunk := body.read(_CHUNK)):
                content += chunk
        if len(content) <= limit and len(content) != answer.get("ContentLength", len(content)):
            raise TransientError(
                StorageError("the answer of the store ends too early", where=self.where(key))
            )
        return bytes(content[: limit + 1])

    def put_if_absent(self, key: str, content: bytes) -> bool:
        """Write an object with one conditional PUT; its digests travel with it."""
        return retried(lambda: self._put(key, content), attempts=self._attempts)

    def _put(self, key: str, content: bytes) -> bool:
        md5 = hashlib.md5(content, usedforsecurity=False).digest()
        with self._translated(key):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=self._prefix + key,
                    Body=content,
                    IfNoneMatch="*",
                    ContentMD5=base64.b64encode(md5).decode(),
                    Metadata={_SHA256: sha256_of(content)},
                )
            except self._client.exceptions.ClientError as error:
                if status_of(error) == 412:
                    return False
                raise
        return True

    def head(self, key: str) -> Stored | None:
        """Size of an object, and the digest that its writer noted."""
        return retried(lambda: self._head(key), attempts=self._attempts)

    def _head(self, key: str) -> Stored | None:
        with self._translated(key):
            try:
                answer = self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)
            except self._client.exceptions.ClientError as error:
                if _is_absent(error):
                    return None
                raise
        return Stored(size=answer["ContentLength"], sha256=answer["Metadata"].get(_SHA256))

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Keys below a prefix, of all pages."""
        return iter(retried(lambda: self._list(prefix), attempts=self._attempts))

    def _list(self, prefix: str) -> Sequence[tuple[str, int]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        with self._translated(prefix):
            return [
                (entry["Key"].removeprefix(self._prefix), entry["Size"])
                for page in pages
                for entry in page.get("Contents", ())
            ]


def _credentials(session: Any, where: str) -> Any:
    """Credentials of a session; None if there are none."""
    try:
        return session.get_credentials()
    except FourMuError:
        raise
    # what a program prints is taken for what it should be
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InputError(
            "the AWS credentials cannot be read: the configuration, or what the program that it "
            "names (credential_process) prints, is not valid",
            where=where,
        ) from None


def _attempts_of(session: Any) -> int:
    """Tries of a request, as the AWS configuration says."""
    expected = "a whole number of 1 or more"
    key = "AWS_MAX_ATTEMPTS or max_attempts"
    try:
        found = session._session.get_config_variable("max_attempts")  # noqa: SLF001
    except ValueError:
        raise InputError("this is no number of tries", key=key, expected=expected) from None
    if found is not None and found < 1:
        raise InputError("this is no number of tries", key=key, found=found, expected=expected)
    return _ATTEMPTS if found is None else int(found)


def _client(session: Any, endpoint_url: str | None, config: Any, where: str) -> Any:
    """S3 client of a session; what is wrong with its endpoint or configuration is said."""
    try:
        return session.client("s3", endpoint_url=endpoint_url, config=config)
    except ValueError as error:
        if str(error).startswith("Invalid endpoint"):
            raise no_endpoint(None) from None
        raise
    # values of the configuration are taken for sections
    except (AttributeError, KeyError, TypeError):
        raise InputError("the AWS configuration is not valid", where=where) from None


def _is_absent(error: Any) -> bool:
    return status_of(error) == 404 and error_code(error) != "NoSuchBucket"
