"""Is the server of this container ready: ends with 0 if so, with 1 and one line if not."""

import os
import sys
import urllib.request
from urllib.error import URLError


def main() -> int:
    """Ask as one of the trusted hosts, which are the only names that the server answers to."""
    host = os.environ.get("MAYDAY_TRUSTED_HOSTS", "").split(",")[0].strip().lstrip(".")
    port = os.environ.get("MAYDAY_PORT") or "8000"
    ask = urllib.request.Request(f"http://127.0.0.1:{port}/health/ready")
    if host:
        ask.add_header("Host", host)
    try:
        with urllib.request.urlopen(ask, timeout=4):  # noqa: S310
            return 0
    except (URLError, OSError) as error:
        sys.stderr.write(f"not ready: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
