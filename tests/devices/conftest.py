"""What the tests of devices share."""

import pytest

from tests.api.caller import Programs
from tests.people import Cast


@pytest.fixture
def programs(cast: Cast) -> Programs:
    """A program of each of the cast, signed in with a token."""
    return Programs(cast)
