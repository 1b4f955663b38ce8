"""Write docs/schema.graphql from the types, so that the document cannot lie.

python tools/graphql_schema.py          write
python tools/graphql_schema.py --check  exit 1 when the file is not up to date
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from webapp.graph.schema import schema

TARGET = Path(__file__).resolve().parents[1] / "docs" / "schema.graphql"
HEAD = "# Made from the types in webapp/graph by `python tools/graphql_schema.py`.\n\n"


def text() -> str:
    """The whole schema."""
    return HEAD + schema.as_str() + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(TARGET.read_text() != text())
    TARGET.write_text(text())
