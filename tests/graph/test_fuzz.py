"""Whatever is asked that fits the schema, each role gets an answer, and never a fault of ours."""

import json
import re

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import mutations, nodes, queries

from tests.api.caller import Programs
from tests.conftest import both_databases
from tests.graph.asker import ask
from tests.graph.conftest import Response
from webapp.graph.schema import schema

SCHEMA = schema.as_str()
SCALARS = {
    "UUID": st.uuids().map(lambda it: nodes.String(str(it))),
    "Decimal": (st.decimals(-1, 9, places=1) | st.decimals()).map(lambda it: nodes.String(str(it))),
    "DateTime": st.datetimes().map(lambda at: nodes.String(at.isoformat())) | st.just(nodes.String("x")),
}
ROLES = ("ada", "vic", "sam", "sue")


@pytest.mark.slow
@both_databases
def test_whatever_fits_the_schema_is_answered(programs: Programs, response: Response) -> None:
    real = (str(response.event_id), str(response.need_id), "1", "2")

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.one_of(queries(SCHEMA, custom_scalars=SCALARS), mutations(SCHEMA, custom_scalars=SCALARS)),
        st.sampled_from(ROLES),
        st.sampled_from(real),
    )
    def asked(query: str, role: str, real_id: str) -> None:
        # What is asked for exists, in a length that there is: the refusals have tests of their own.
        sound = re.sub(r'(\b(?!command)[a-z]*[iI]d: )"[^"]*"', rf'\1"{real_id}"', query)
        answer = ask(getattr(programs, role), re.sub(r"first: -?\d+", "first: 3", sound))
        assert answer.status_code == 200, (answer.status_code, query)
        for error in answer.get_json().get("errors", ()):
            assert error["extensions"]["statusCode"] < 500, (json.dumps(error), query)

    asked()
