"""The documents of the graph are true: the schema is that of the types, the examples do what they say."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.api.caller import Programs
from tests.graph.asker import data, refusal
from tests.graph.conftest import Response
from webapp.graph import limits, looking, paging

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "graphql.md").read_text()


def blocks(language: str) -> list[str]:
    """The examples in this language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_schema_is_that_of_the_types() -> None:
    made = subprocess.run([sys.executable, "tools/graphql_schema.py", "--check"], cwd=ROOT, check=False)
    assert made.returncode == 0, "run python tools/graphql_schema.py"


def test_the_examples_do_what_they_say(programs: Programs, response: Response) -> None:
    query, mutation = blocks("graphql")
    variables, answer, error = blocks("json")
    told = json.loads(answer)["data"]
    found = data(programs.vic, query, **json.loads(variables))
    assert found["events"]["pageInfo"].pop("endCursor").startswith("0-2-")
    del told["events"]["pageInfo"]["endCursor"]
    assert found == told
    done = data(programs.sam, mutation)["reportEvent"]
    assert done == {"title": "Bridge down", "status": "PENDING"}
    refused = refusal(programs.sam, re.sub("0b5e", "0b5f", mutation).replace("Bridge down", ""))
    assert (refused["message"], refused["path"]) == (json.loads(error)["message"], json.loads(error)["path"])
    assert refused.keys() - {"message", "path"} == json.loads(error)["extensions"].keys()


def test_the_example_for_curl_is_answered(programs: Programs, response: Response) -> None:
    body = json.loads(re.search(r"-d '(.*)'", PAGE)[1])  # type: ignore[index]
    assert data(programs.sam, body["query"]) == {"events": {"nodes": [{"title": "Cellar flooded"}]}}


def test_the_numbers_are_those_of_the_code() -> None:
    for words in (
        f"| tokens of a document | {limits.TOKENS:,} ",
        f"| levels | {limits.DEPTH} |",
        f"| aliases | {limits.ALIASES} |",
        f"as long as its `first` | {limits.COST:,} |",
        f"what a deed counts for | {limits.DEED} |",
        f"| time | {looking.SECONDS:.0f} seconds;",
        f"(1 to {paging.MOST}; {paging.PAGE} when",
        f"(`first`, {paging.NESTED} when",
    ):
        assert words in PAGE, words
