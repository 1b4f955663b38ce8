"""Which row of a file is its HXL hashtags, and which only looks like it."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.interchange.conftest import Run
from tests.interchange.test_table_import_rows import saved, stored
from webapp.events.models import Event


def imported(app: Flask, run: Run, tmp_path: Path, text: str) -> list[Any]:
    result = run("import", "events", saved(tmp_path, text))
    assert result.exit_code == 0, result.output
    return stored(app, Event)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        # Words with a # are data, wherever they stand and however many.
        ("title,description,place\nA,x,y\nB,x,y\n#crisis,,\nC,x,y\n", ["A", "B", "#crisis", "C"]),
        ("title,description,place\n#crisis,,\nC,x,y\n", ["#crisis", "C"]),
        ("title,description\n#flood,#help\nA,x\n", ["#flood", "A"]),
        ("title,description\nA,x\n#event,#description\nB,y\n", ["A", "#event", "B"]),
        ("title,description\n\nA,x\n,\n#event+name,#description\nB,y\n", ["A", "#event+name", "B"]),
        ("title\n#crisis\nA\n", ["#crisis", "A"]),
        ("title,place\n#4 Mill Road flooded,#4 Mill Road\n", ["#4 Mill Road flooded"]),
        # Headings with a # in front are headings.
        ("#Title,#Latitude,#Longitude\nA,55.5,12.5\n", ["A"]),
        ("#title,#description,#date\nA,x,2026-11-20\n", ["A"]),
        ("#event,#latitude,#longitude\nA,55.5,12.5\n", ["A"]),
    ],
)
def test_what_people_write_with_a_hash_sign_is_never_lost(
    text: str, titles: list[str], app: Flask, run: Run, tmp_path: Path
) -> None:
    assert [row.title for row in imported(app, run, tmp_path, text)] == titles


@pytest.mark.parametrize(
    "rows",
    [
        "Event,Lat,Lon,Comment\n#event+name,#geo+lat,#geo+lon,see notes\n",
        "Event,Lat,Lon,Year\n#event+name,#geo+lat,#geo+lon,#affected+idps+2013+2014\n",
        "Event,Lat,Lon,Year\n#event+name,#geo+lat,#geo+lon,#wetness+x\n",
        "Ereignis,Norden,Osten,\n # Event + Name ,#GEO +lat,#geo\u00a0+ LON ,\n",
        "#event,#geo+lat,#geo+lon,\n",
        "#event+name+i_en,#meta+note,#geo+lat+,#geo+lon\n",
        ",,,\nA report,,,\nWas,Wo,Wo,\n#event,#geo+lat,#geo+lon,\n",
        # Few columns are tagged, and those so that nobody means anything else.
        "title,a,b,c,d,e,f,g,h\n#event+name,#geo+lat,#geo+lon,,,,,,\n",
        "Was,a,b,c,d,e,f,g,h\n#event,#geo+lat,#geo+lon,,,,,,\n",
    ],
)
def test_a_row_of_hashtags_is_read_as_one_with_all_its_faults(
    rows: str, app: Flask, run: Run, tmp_path: Path
) -> None:
    wide = rows.splitlines()[-1].count(",") + 1
    at = ("A", "x", "55.5", "12.5") if "#meta" in rows else ("A", "55.5", "12.5", "x")
    data = ",".join([*at, *[""] * (wide - 4)])
    (row,) = imported(app, run, tmp_path, f"{rows}{data}\n")
    assert (row.title, row.latitude, row.longitude) == ("A", 55.5, 12.5)


def test_words_decide_where_the_hashtags_leave_out_the_title(app: Flask, run: Run, tmp_path: Path) -> None:
    text = "title,description,place\n#x,#description,#loc\nA,y,z\n"
    (row,) = imported(app, run, tmp_path, text)
    assert (row.title, row.description, row.place_name) == ("A", "y", "z")


def test_rows_above_the_hashtags_that_are_no_heading_are_said(run: Run, tmp_path: Path) -> None:
    text = "Lagebericht,\nStand: heute,\nWas,Wo\n#event,#loc\nA,x\n"
    file = saved(tmp_path, text)
    for more in (("--dry-run",), ()):
        result = run("import", "events", file, *more)
        assert "Above the hashtags, not read as rows: line 1, 2." in result.stderr
