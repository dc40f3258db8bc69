"""What boto3 raises, in our words: with bucket and key, and without anything it was given.

Texts of its exceptions can hold headers, and with them credentials, so none is passed on, and
the exceptions themselves are not shown as causes.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any, Final

from fourmu.errors import FourMuError, InputError, StorageError

from .retrying import TransientError

__all__ = ["error_code", "status_of", "translated"]

_CODE: Final = re.compile(r"[A-Za-z0-9.]{1,60}")
_DENIED: Final = "access is denied: the credentials are missing, wrong, or lack the permission"
_REASONS: Final = {
    "NoSuchBucket": "there is no such bucket",
    "AccessDenied": _DENIED,
    "InvalidAccessKeyId": "the store does not know this access key",
    "SignatureDoesNotMatch": "the secret key is not that of the access key",
    "ExpiredToken": "the credentials have expired",
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
    "SlowDown": "the store asks to slow down, again and again",
    "NotImplemented": "the store does not know conditional writes: it could overwrite",
    "PermanentRedirect": "the bucket is in another region",
    "AuthorizationHeaderMalformed": "the bucket is in another region",
}
_AGAIN: Final = ("ConditionalRequestConflict", "OperationAborted")
_BY_NAME: Final[dict[str, tuple[type[FourMuError], str]]] = {
    "NoCredentialsError": (InputError, "there are no AWS credentials"),
    "PartialCredentialsError": (InputError, "the AWS credentials are not complete"),
    "CredentialRetrievalError": (InputError, "the AWS credentials could not be retrieved"),
    "ProfileNotFound": (InputError, "there is no such profile in the AWS configuration"),
    "ConfigParseError": (InputError, "the AWS configuration cannot be parsed"),
    "ConfigNotFound": (InputError, "the AWS configuration is not there"),
    "InvalidConfigError": (InputError, "the AWS configuration is not valid"),
    "InvalidRegionError": (InputError, "the AWS region is not valid"),
    "NoRegionError": (InputError, "there is no AWS region"),
    "ParamValidationError": (InputError, "this cannot be the name of a bucket"),
    "EndpointConnectionError": (StorageError, "the endpoint{} cannot be reached"),
    "ConnectTimeoutError": (StorageError, "the endpoint{} cannot be reached: it does not answer"),
    "ReadTimeoutError": (StorageError, "the endpoint{} does not answer in time"),
    "ConnectionClosedError": (StorageError, "the endpoint{} closes the connection"),
    "ProxyConnectionError": (StorageError, "the proxy before the endpoint{} cannot be reached"),
    "HTTPClientError": (
        StorageError,
        "the request to the endpoint{} could not be sent, or its answer not read",
    ),
    "SSLError": (
        StorageError,
        "the certificate or encryption of the endpoint{} is not accepted",
    ),
}
_CUT_SHORT: Final = ("IncompleteReadError", "ResponseStreamingError", "ReadTimeoutError")


def error_code(error: Any) -> str:
    """Code of an answer of S3, as far as it looks like one."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code if _CODE.fullmatch(code) else "unknown"


def status_of(error: Any) -> int:
    """HTTP status of an answer of S3."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


@contextlib.contextmanager
def translated(
    where: str, *, endpoint: str | None = None, reading_body: bool = False
) -> Iterator[None]:
    """Raise our errors in place of those of boto3, botocore and urllib3.

    Parameters
    ----------
    where
        Address of the object or bucket.
    endpoint
        Scheme, host and port of the server, which is named if it is not reached.
    reading_body
        The head of the answer has come, so botocore does not try again.

    Raises
    ------
    InputError
        Credentials, profile or address are missing or wrong on this side.
    StorageError
        The store refuses, fails or is not reached.
    TransientError
        Another try may help, and botocore makes none.
    """
    from botocore.exceptions import (  # type: ignore[import-untyped]  # noqa: PLC0415
        BotoCoreError,
        ClientError,
    )
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        refused = _refusal(error, where)
        if error_code(error) in _AGAIN:
            raise TransientError(refused) from None
        raise refused from None
    except (BotoCoreError, HTTPError) as error:
        name = type(error).__name__
        if reading_body and (name in _CUT_SHORT or isinstance(error, HTTPError)):
            raise TransientError(
                StorageError("the answer of the store ends too early", where=where)
            ) from None
        kind, reason = _BY_NAME.get(name, (StorageError, f"the request failed: {name}"))
        raise kind(reason.format(f" {endpoint}" if endpoint else ""), where=where) from None
    except FourMuError:
        raise
    except OSError as error:
        raise _without_file(error, where) from None
    except ValueError:
        raise InputError(
            "the endpoint or the credentials cannot be used: they have characters that "
            "addresses and headers cannot have",
            where=where,
        ) from None


def _without_file(error: OSError, where: str) -> FourMuError:
    """A file or program that the configuration names, or trouble of the system with the network."""
    reason = error.strerror or type(error).__name__
    if error.filename is None:
        return StorageError(f"the request failed: {reason}", where=where)
    return InputError(
        f"a file or program that the AWS configuration names cannot be used: {reason}",
        where=where,
        found=error.filename,
    )


def _refusal(error: Any, where: str) -> StorageError:
    """What an answer other than 2xx means."""
    status, code = status_of(error), error_code(error)
    reason = _REASONS.get(code)
    if reason is None and status in (401, 403):
        reason = _DENIED
    if reason is None and status in (301, 307):
        reason = "the bucket is in another region"
    if reason is None and status >= 500:
        reason = "the store fails, again and again"
    if reason is None:
        reason = "the store refuses"
    found = str(status) if code in (str(status), "unknown") else f"{status} {code}"
    return StorageError(reason, where=where, found=found)
