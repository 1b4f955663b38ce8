"""Operations that will go: since when one better uses another, and until when they still answer."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from werkzeug.datastructures import Headers
from werkzeug.http import http_date

# The least time between the announcement and the end, as docs/api.md promises.
NOTICE = timedelta(days=180)
POLICY = "/api/docs#versions"


@dataclass(frozen=True, slots=True)
class Ageing:
    """``since`` and ``ends`` are moments with their zone; ``instead`` is the address of what to use.

    Raises ValueError for an end that leaves programs less time than was promised.
    """

    since: datetime
    ends: datetime | None = None
    instead: str = ""

    def __post_init__(self) -> None:
        if self.ends is not None and self.ends - self.since < NOTICE:
            raise ValueError(f"an operation stays for at least {NOTICE.days} days after it is deprecated")

    def tell(self, headers: Headers) -> None:
        """Say it with every answer: ``Deprecation`` (RFC 9745), ``Sunset`` (RFC 8594) and links."""
        headers["Deprecation"] = f"@{int(self.since.timestamp())}"
        headers.add("Link", f'<{POLICY}>; rel="deprecation"; type="text/html"')
        if self.ends is not None:
            headers["Sunset"] = http_date(self.ends.astimezone(UTC))
        if self.instead:
            headers.add("Link", f'<{self.instead}>; rel="successor-version"')
