"""Every page of this feature opens, for those who may see it."""

from tests.people import Cast
from tests.volunteers.conftest import Field, words


def test_coordinators_open_every_page_and_volunteers_only_theirs(cast: Cast, field: Field) -> None:
    event = field.event(latitude=55.6, longitude=12.5)
    asked = field.offered(cast.sam, event, task="Carry bags", bring="Boots", meeting_point="School gate")
    field.present(cast.sue, event)
    for path in ("/people", f"/people/{cast.sam.id}", f"/events/{event}/assign"):
        assert cast.vic.get(path).status_code == 200, path
        assert cast.ada.get(path).status_code == 200, path
        assert cast.sam.get(path).status_code == 403, path
        assert cast.stranger.get(path).status_code == 302, path
    for path in ("/now", "/nearby", "/now/help", "/nearby?lat=55.7&lon=12.6"):
        for person in (cast.sam, cast.vic, cast.ada):
            assert person.get(path).status_code == 200, path
        assert cast.stranger.get(path).status_code == 302, path
    assert cast.sam.get(f"/assignments/{asked}").status_code == 200
    assert cast.vic.get(f"/assignments/{asked}").status_code == 200
    assert cast.sue.get(f"/assignments/{asked}").status_code == 404
    assert cast.vic.get("/assignments/999999").status_code == 404
    page = words(cast.sam.get("/now"))
    for said in ("You are asked to help", "Carry bags", "Boots", "School gate", "Contact Vic"):
        assert said in page
