"""Documents made to hurt or to confuse: refused with what is wrong and where; nothing changes."""

from pathlib import Path

import pytest

from tests.interchange.cap import alert, good, info, name, saved
from tests.interchange.conftest import Everything, Run, in_its_own_process
from webapp.cap import reading

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


REFUSED = [
    ("<!DOCTYPE alert>" + good(), "DOCTYPE"),
    ("<!-- a --><?x y?>\n <!DOCTYPE alert [<!ENTITY a 'b'>]>" + good(), "DOCTYPE"),
    (f"<!DOCTYPE a [<!ENTITY l0 'ha'>{LAUGHS}]>" + good(note="&l9;"), "DOCTYPE"),
    ("<!DOCTYPE a [<!ENTITY f SYSTEM 'file:///etc/hostname'>]>" + good(), "DOCTYPE"),
    ("<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'>" + good(), "DOCTYPE"),
    (good().replace("A1", "&unknown;", 1), "not XML"),
    ("<a>" * 300 + "</a>" * 300, "not XML"),
    (good()[:-5], "not XML"),
    (good() + "<more/>", "not XML"),
    ("<!-- never closed", "not XML"),
    ("{}", "not XML"),
    ("   \n", "not XML"),
    (good().replace("A1", "A\x00", 1), "not XML"),
    (
        good().replace("urn:oasis:names:tc:emergency:cap:1.2", "http://www.incident.com/cap/1.0"),
        "This is CAP 1.0",
    ),
    (good().replace("urn:oasis", "urn:other"), "outermost element"),
    (good().replace(' xmlns="urn', ' x="urn'), "without a namespace"),
    (good().replace("alert", "feed"), "outermost element is “feed”"),
    (good(identifier=""), "identifier: it is missing"),
    (good(identifier="a,b"), "identifier: spaces, commas"),
    (good(sender="a b"), "sender: spaces"),
    (good(identifier="i" * 251), "longer than 250"),
    (good(sent="yesterday"), "sent: “yesterday” is no time"),
    (good(sent="2026-03-01T10:00:00Z"), "is no time such as"),
    (good(sent="2026-02-30T10:00:00+01:00"), "is no time such as"),
    (good(sent="0001-01-01T00:00:00+14:00"), "is no time such as"),
    (good(status="Real"), "status: “Real” is not one of Actual"),
    (good(msgType="Notice"), "msgType"),
    (good(scope=""), "scope: it is missing"),
    (alert(info(category="Weather")), "info, category: “Weather”"),
    (alert(info(), info(severity="Awful")), "info 2, severity: “Awful”"),
    (alert(info(urgency="")), "info, urgency: it is missing"),
    (alert(info(event="")), "info, event: it is missing"),
    (alert(info("english please")), "info, language"),
    (alert(info(more="<colour>red</colour>")), "no such element"),
    (alert(info(more="<headline>Two</headline>")), "it stands 2 times"),
    (alert(info(headline="", more="<headline>a<b/></headline>")), "holds elements"),
    (alert(*[info()] * 51), "it stands 51 times"),
    (alert(info(area="<area><circle>1,2 3</circle></area>")), "areaDesc: it is"),
    (alert(info(area="<area><areaDesc>A</areaDesc><circle>91,2 3</circle></area>")), "nowhere on the globe"),
    (
        alert(info(area="<area><areaDesc>A</areaDesc><circle>1,nan 3</circle></area>")),
        "no latitude,longitude",
    ),
    (alert(info(area="<area><areaDesc>A</areaDesc><circle>1,2 -3</circle></area>")), "no circle"),
    (
        alert(info(area="<area><areaDesc>A</areaDesc><polygon>0,0 1,1 0,0</polygon></area>")),
        "at least four points",
    ),
    (
        alert(info(area="<area><areaDesc>A</areaDesc><polygon>0,0 1,1 2,2 3,3</polygon></area>")),
        "the first again",
    ),
    (alert(info(), references=["A1"]), "is not sender,identifier,sent"),
    (alert(info(), references=[name(f"R{n}") for n in range(501)]), "more than 500 messages"),
]


NO_TEXT = [
    (good().encode("latin-1", "ignore").replace(b"metres", b"m\xe9tres"), "not utf-8: byte"),
    (b'<?xml version="1.0" encoding="utf-7"?>' + good().encode(), "encoding utf-7 is not taken"),
    (b'<?xml version="1.0" encoding="rot13"?>' + good().encode(), "encoding rot13 is not taken"),
    (b"\xff\xfe" + good().encode(), "not"),
    (b"\x89PNG\r\n\x1a\n" + bytes(40), "not utf-8"),
    (b"", "is empty"),
    (b"<alert>" + b" " * reading.LARGEST, "larger than 2 MB"),
]


ODD = [
    good().encode("utf-16"),
    b"\xef\xbb\xbf" + good().encode(),
    b'<?xml version="1.0" encoding="ISO-8859-1"?>' + good().replace("metres", "mètres").encode("latin-1"),
    b'<?xml version="1.0"?><!-- <!DOCTYPE x> --><?pi?>' + good().encode(),
    good().replace("The harbour", "<![CDATA[<!DOCTYPE & all]]> The harbour").encode(),
    good()
    .replace("</alert>", '<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"/></alert>')
    .encode(),
]


def test_documents_that_are_no_good_alert_are_refused(
    run: Run, everything: Everything, tmp_path: Path
) -> None:
    before = everything()
    for document, why in REFUSED:
        ran = run("import", "cap", saved(tmp_path, document))
        assert (ran.exit_code, why in ran.stderr) == (2, True), f"{why}: {ran.stderr}"
        assert "Traceback" not in ran.output
    assert everything() == before


def test_bytes_that_are_no_text_are_refused(run: Run, tmp_path: Path) -> None:
    for data, why in NO_TEXT:
        ran = run("import", "cap", saved(tmp_path, data))
        assert (ran.exit_code, why in ran.stderr) == (2, True), f"{why}: {ran.stderr}"


def test_what_only_looks_odd_is_taken(run: Run, tmp_path: Path) -> None:
    for number, data in enumerate(ODD, start=10):
        document = data.replace(b"A1", b"A%d" % number) if b"A1" in data else data
        ran = run("import", "cap", saved(tmp_path, document))
        assert (ran.exit_code, "1 alerts imported" in ran.stdout) == (0, True), f"{data!r}: {ran.stderr}"


def test_a_folder_and_nothing_are_refused(run: Run, tmp_path: Path) -> None:
    assert run("import", "cap", tmp_path).exit_code == 2
    assert run("import", "cap", tmp_path / "absent.xml").exit_code == 2
    assert run("import", "cap").exit_code == 2
    assert run("import", "cap", tmp_path, "--url", "https://alerts.example").exit_code == 2


@pytest.mark.slow
def test_the_largest_alert_costs_little_memory(data_dir: Path, tmp_path: Path) -> None:
    areas = info(area="<area><areaDesc>A</areaDesc></area>" * 900)
    document = alert(*[areas] * 20, references=[name(f"R{n}") for n in range(400)])
    path = saved(tmp_path, document)
    ran = in_its_own_process(data_dir, "import", "cap", path, limit_bytes=1_500_000_000)
    assert ran.returncode == 0, ran.stderr
