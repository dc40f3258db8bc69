"""What every section of the configuration has in common."""

from pydantic import BaseModel, ConfigDict

__all__ = ["Section"]


class Section(BaseModel):
    """One typed, frozen section: unknown keys and NaN are refused, docstrings become comments.

    The docstring under a field is its description: ``fourmu init`` writes it beside the value.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=True,
    )
