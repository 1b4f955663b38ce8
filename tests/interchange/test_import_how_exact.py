"""Rules of tables that say where something is: exact, unless the file says how exact it is."""

from pathlib import Path

from flask import Flask

from tests.interchange.conftest import Run
from tests.interchange.test_table_import_rows import saved, stored
from webapp.events.models import Event
from webapp.resources.models import Offer


def test_degrees_in_a_file_are_exact_unless_it_says_how_exact_they_are(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    file = saved(
        tmp_path,
        "ref,title,latitude,longitude,Location precision\n"
        "1,Flood,55.6,12.5,\n2,Fire,55.7,12.6,Town\n3,Smoke,,,town\n4,Mud,0,0,street\n",
    )
    result = run("import", "events", file)
    assert result.exit_code == 0, result.stderr
    assert [row.location_precision for row in stored(app, Event)] == ["exact", "town", None, None]


def test_a_word_for_it_that_is_none_costs_its_row_only(app: Flask, run: Run, tmp_path: Path) -> None:
    file = saved(tmp_path, "title,latitude,longitude,location_precision\nA,55,12,roughly\nB,55.5,12.5,area\n")
    result = run("import", "events", file)
    assert "“roughly” is none of exact, street, district, town, area." in result.stderr
    assert [(row.title, row.location_precision) for row in stored(app, Event)] == [("B", "area")]


def test_the_same_rows_with_this_column_are_known(app: Flask, run: Run, tmp_path: Path) -> None:
    run("import", "events", saved(tmp_path, "title,latitude,longitude\nFlood,55.6,12.5\n"))
    wider = "title,latitude,longitude,location_precision\nFlood,55.6,12.5,street\n"
    assert "1 already known" in run("import", "events", saved(tmp_path, wider)).stdout
    assert [row.location_precision for row in stored(app, Event)] == ["exact"]


def test_offers_of_a_file_say_it_too(app: Flask, run: Run, tmp_path: Path) -> None:
    text = (
        "name,type,quantity,unit,latitude,longitude,location_precision\n"
        "Pumps,equipment.pump,3,pumps,55.6,12.5,district\n"
    )
    result = run("import", "offers", saved(tmp_path, text))
    assert result.exit_code == 0, result.stderr
    assert [row.location_precision for row in stored(app, Offer)] == ["district"]
