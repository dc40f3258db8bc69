"""HEPData's own opinion of a submission, by the package hepdata-validator."""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path

from fourmu.errors import ConfigError

__all__ = ["validation_messages"]


def validation_messages(tarball: Path) -> list[str]:
    """Run hepdata-validator, with the schemas that it ships, on the file to upload.

    Parameters
    ----------
    tarball
        The submission.

    Returns
    -------
    messages
        What it complains about; empty if HEPData takes the submission.

    Raises
    ------
    ConfigError
        The package is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own: of jsonschema, and of files left open
        try:
            module = importlib.import_module("hepdata_validator.full_submission_validator")
        except ImportError as error:
            raise ConfigError(
                "hepdata-validator is not installed",
                key="--validate",
                expected="pip install 'fourmu[hepdata]'",
            ) from error
        validator = module.FullSubmissionValidator(autoload_remote_schemas=False)
        validator.validate(archive=str(tarball))
    return [
        f"{name}: {message.message}"
        for name, messages in validator.get_messages().items()
        for message in messages
    ]
