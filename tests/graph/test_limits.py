"""What a query may cost, and that finding out costs nothing."""

import pytest

from tests.api.caller import Programs
from tests.graph.asker import ask, data, new, refusal

LOOP = "event { needs { event { needs { event { needs { event { needs { event { title } } } } } } } } }"


def test_a_query_goes_ten_levels_deep_and_no_deeper(programs: Programs) -> None:
    ten = "{ events(first: 1) { nodes { needs(first: 1) { event { needs(first: 1) { event { needs(first: 1) {"
    ten += " event { needs(first: 1) { id } } } } } } } } } }"
    assert data(programs.vic, ten) == {"events": {"nodes": []}}
    eleven = ten.replace("{ id }", "{ event { id } }")
    found = refusal(programs.vic, eleven)
    assert (found["name"], found["statusCode"]) == ("TooComplex", 400)
    assert found["message"] == "At most 10 levels in one query; this may have 11."


def test_depth_is_counted_through_fragments(programs: Programs) -> None:
    query = "{ ...a } fragment a on Query { needs(first: 1) { nodes { ...b } } } fragment b on Need "
    query += f"{{ {LOOP} }}"
    assert "levels" in refusal(programs.vic, query)["message"]


def test_lists_multiply_what_is_inside_them(programs: Programs) -> None:
    small = "{ events(first: 100) { nodes { id needs(first: 100) { id name unit } } } }"
    assert data(programs.vic, small) == {"events": {"nodes": []}}
    for large in (
        "{ events(first: 100) { nodes { needs(first: 100) { id name unit status priority } } } }",
        "{ events(first: 100) { nodes { needs { allocations { offer { allocations { id } } } } } } }",
    ):
        found = refusal(programs.vic, large)
        assert (found["name"], "fields in one query" in found["message"]) == ("TooComplex", True)


def test_a_length_in_a_variable_counts_as_much(programs: Programs) -> None:
    inside = "{ events(first: $n) { nodes { needs(first: $n) { id name unit status priority } } } }"
    assert data(programs.vic, f"query($n: Int!) {inside}", n=10)
    assert data(programs.vic, f"query($n: Int! = 10) {inside}")
    assert refusal(programs.vic, f"query($n: Int! = 100) {inside}")["name"] == "TooComplex"
    for large in (100, 10**9, "100", True, None, [100], {"a": 1}):
        assert refusal(programs.vic, f"query($n: Int!) {inside}", n=large)["name"] in (
            "TooComplex",
            "BadQuery",
        )


def test_at_most_twenty_aliases(programs: Programs) -> None:
    many = " ".join(f"a{n}: __typename" for n in range(20))
    assert len(data(programs.vic, f"{{ {many} }}")) == 20
    assert "aliases" in refusal(programs.vic, f"{{ {many} b: __typename }}")["message"]
    spread = f"{{ ...a x: __typename }} fragment a on Query {{ {many} }}"
    assert "aliases" in refusal(programs.vic, spread)["message"]


def test_deeds_are_dear(programs: Programs) -> None:
    """Twenty of them, by aliases, are all that one request can do."""
    deeds = " ".join(
        f'd{n}: reportEvent(commandId: "{new()}", event: {{title: "x"}}) {{ id }}' for n in range(21)
    )
    assert refusal(programs.vic, f"mutation {{ {deeds} }}")["name"] == "TooComplex"


@pytest.mark.timeout(20)
def test_fragments_that_spread_each_other_are_measured_at_once(programs: Programs) -> None:
    """Walked spread by spread, this would take 2^45 steps."""
    parts = [
        f"fragment f{n} on Event {{ parent {{ ...f{n + 1} }} p: parent {{ ...f{n + 1} }} }}"
        for n in range(45)
    ]
    query = f"{{ events {{ nodes {{ ...f0 }} }} }} {' '.join(parts)} fragment f45 on Event {{ id }}"
    assert refusal(programs.vic, query)["name"] == "TooComplex"


HOSTILE = (
    "{" + "a{" * 480,
    "{ events { nodes { parent " * 100 + "{ id }" + "}" * 300,
    "{ events(text: " + "[" * 900,
    "{ events(text: " + "[" * 400 + "]" * 400 + ") { nodes { id } } }",
    "{ " + "__typename " * 995 + "}",
    "{ " + "__typename " * 4000 + "}",
    "{ events { nodes { " + "parent { id } " * 240 + "} } }",
    "query(" + "$a: Int, " * 240 + ") { __typename }",
    "{ __typename @skip(if: " + "true) @skip(if: " * 200 + "true) }",
    "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
    "#" * 49_000,
    '"""' + "x" * 49_000,
)


@pytest.mark.timeout(30)
def test_no_text_takes_long_or_breaks_anything(programs: Programs) -> None:
    for query in HOSTILE:
        answer = ask(programs.vic, query)
        assert answer.status_code == 200, query[:60]
        body = answer.get_json()
        wrong = {error["extensions"]["statusCode"] for error in body.get("errors", ())}
        assert wrong == (set() if "data" in body else {400}), query[:60]
