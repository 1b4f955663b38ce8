"""How a batch of rows went."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Done:
    """What one transaction made of its rows: references of new ones, and lines about others."""

    new: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
