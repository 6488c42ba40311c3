"""Fractions that know how they are written, so that money is no binary float on its way from a file or a request."""

from decimal import Decimal, InvalidOperation


class WrittenFloat(float):
    """A fraction, with its text."""

    text: str

    @classmethod
    def of(cls, text: str, value: float | None = None) -> "WrittenFloat":
        """Return the fraction that `text` is; `value` is what it is read as, where Python would read it differently."""
        number = cls(text if value is None else value)
        number.text = text
        return number

    @property
    def decimal(self) -> Decimal:
        """The number exactly as it is written; one that is no plain decimal (`.inf`, `1:30.5`), as a float has it."""
        try:
            return Decimal(self.text.replace("_", ""))
        except InvalidOperation:
            return Decimal(repr(float(self)))


def as_written(value: object) -> object:
    """Return a fraction as the decimal that it is written as, and anything else as it is."""
    return value.decimal if isinstance(value, WrittenFloat) else value
