"""Resource types: kept by an authority; retired, never lost."""

import uuid

import pytest

from tests.resources.conftest import Response

NEW = {"name": "Water filters", "parent_id": "", "units": "filters, boxes", "returnable": "y"}


def edited(there: Response, code: str, **fields: str) -> dict[str, str]:
    kind = there.the_kind(code)
    given = {
        "name": kind.name,
        "parent_id": str(kind.parent_id or ""),
        "units": ", ".join(kind.units),
        "version": str(kind.version),
    }
    return given | fields


def test_a_new_type_is_offered_in_forms(there: Response) -> None:
    form = NEW | {"parent_id": str(there.kind("equipment"))}
    assert there.cast.ada.post("/resource-types/new", form).status_code == 303
    made = there.the_kind("equipment.water-filters")
    assert (made.units, made.returnable) == (["filters", "boxes"], True)
    assert "Water filters" in there.cast.sue.get("/offers/new").get_data(as_text=True)
    assert len(there.entries("resource_type.added")) == 1


@pytest.mark.parametrize("who", ["sam", "vic"])
def test_only_an_authority_may(there: Response, who: str) -> None:
    person = getattr(there.cast, who)
    assert person.get("/resource-types").status_code == 403
    assert person.post("/resource-types/new", NEW).status_code == 403
    assert person.post(f"/resource-types/{there.kind('supplies')}/retire").status_code == 403
    assert not there.the_kind("supplies").retired


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", " "),
        ("name", "x" * 81),
        ("units", ""),
        ("units", " , "),
        ("units", "x" * 31),
        ("units", "a,b,c,d,e,f,g,h,i,j,k"),
        ("parent_id", "999999"),
        ("parent_id", "x"),
    ],
)
def test_a_value_that_cannot_be_is_refused(there: Response, field: str, typed: str) -> None:
    assert there.cast.ada.post("/resource-types/new", NEW | {field: typed}).status_code == 422
    assert there.entries("resource_type.added") == []


def test_a_name_is_given_once(there: Response) -> None:
    assert there.cast.ada.post("/resource-types/new", NEW).status_code == 303
    assert there.cast.ada.post("/resource-types/new", NEW).status_code == 422


def test_a_double_tap_makes_one_type(there: Response) -> None:
    twice = NEW | {"command_id": str(uuid.uuid4())}
    assert [there.cast.ada.post("/resource-types/new", twice).status_code for _ in range(2)] == [303, 303]
    assert len(there.entries("resource_type.added")) == 1


def test_renaming_and_other_units(there: Response) -> None:
    path = f"/resource-types/{there.kind('supplies.sandbag')}/edit"
    form = edited(there, "supplies.sandbag", name="Sand bags", units="sandbags, big bags")
    assert there.cast.ada.post(path, form).status_code == 303
    assert there.the_kind("supplies.sandbag").name == "Sand bags"
    assert there.cast.ada.post(path, form | {"name": "later"}).status_code == 409


def test_a_type_cannot_stand_below_itself(there: Response) -> None:
    path = f"/resource-types/{there.kind('supplies')}/edit"
    form = edited(there, "supplies", parent_id=str(there.kind("supplies.sandbag")))
    assert there.cast.ada.post(path, form).status_code == 422
    assert there.the_kind("supplies").parent_id is None


def test_a_retired_type_is_not_offered_and_what_is_of_it_stays(there: Response) -> None:
    kind = there.kind("supplies.sandbag")
    assert there.cast.ada.post(f"/resource-types/{kind}/retire").status_code == 303
    page = there.cast.vic.get(f"/events/{there.event}/needs/new").get_data(as_text=True)
    assert f'value="{kind}"' not in page
    form = {"resource_type_id": str(kind), "name": "bags", "quantity": "1", "unit": "sandbags"}
    refused = there.cast.vic.post(f"/events/{there.event}/needs/new", form | {"priority": "3"})
    assert refused.status_code == 422
    need = there.the_need()
    kept = form | {"quantity": "41", "priority": "3", "version": str(need.version)}
    assert there.cast.vic.post(f"/needs/{there.need}/edit", kept).status_code == 303
    assert there.cast.ada.post(f"/resource-types/{kind}/restore").status_code == 303
    assert not there.the_kind("supplies.sandbag").retired


def test_unknown_types_are_not_there(there: Response) -> None:
    assert there.cast.ada.get("/resource-types/999999/edit").status_code == 404
    assert there.cast.ada.post("/resource-types/999999/retire").status_code == 404
    assert there.cast.ada.get(f"/resource-types/{there.kind('supplies')}/retire").status_code == 405
