"""Debian's Caddy and nginx on the files as shipped, in front of a real server: what people meet there.

Changed is only what an operator changes (the name) and what a test must (ports, folders, who signs).
"""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3
import websocket

from tests.conftest import dispose, settings_for
from tests.people import Cast
from tests.servers import PATIENCE, free_port, running_server
from webapp import create_app

pytestmark = [pytest.mark.slow, pytest.mark.proxies]
ROOT = Path(__file__).resolve().parents[2]
NAME = "relief.example"  # not the name in the files: whoever follows the document puts in their own
# Whose address may read the metrics: so a scrape tells which address the server takes a request for.
READER = "127.0.0.2"


@dataclass
class Site:
    """A server behind a proxy: where it answers, who signed its certificate, Vic's cookie."""

    http: int
    https: int
    authority: Path
    cookie: str
    log: Path

    def ask(
        self, method: str, path: str, *, source: str = "127.0.0.1", body: bytes | None = None, **headers: str
    ) -> urllib3.BaseHTTPResponse:
        """What the proxy answers; its certificate is verified for the site's name."""
        with urllib3.HTTPSConnectionPool(
            "127.0.0.1",
            self.https,
            ca_certs=str(self.authority),
            server_hostname=NAME,
            assert_hostname=NAME,
            source_address=(source, 0),
            timeout=PATIENCE,
            retries=False,
        ) as pool:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return pool.request(method, path, body=body, headers={"Host": NAME} | named)


def caddy(folder: Path, site: Site, upstream: int) -> list[str]:
    """Caddy's command; a certificate of its own authority instead of one from the internet."""
    shipped = (ROOT / "deploy/caddy/Caddyfile").read_text()
    options = ("local_certs", "skip_install_trust", "admin off")
    own = "\n".join(("{", *options, f"http_port {site.http}", f"https_port {site.https}", "}", ""))
    file = folder / "Caddyfile"
    file.write_text(own + shipped.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}"))
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]


def nginx(folder: Path, site: Site, upstream: int) -> list[str]:
    """nginx' command, with the certificate where certbot would have put it."""
    live = folder / "live" / NAME
    live.mkdir(parents=True)
    asked = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    asked += ["-addext", f"subjectAltName=DNS:{NAME}", "-keyout", str(live / "privkey.pem")]
    subprocess.run([*asked, "-out", str(site.authority)], check=True, capture_output=True)
    shutil.copy(site.authority, live / "fullchain.pem")
    text = (ROOT / "deploy/nginx/mayday.conf").read_text().replace("help.example", NAME)
    moved = {
        "/etc/letsencrypt/": f"{folder}/",
        "/var/log/nginx/": f"{folder}/",
        "127.0.0.1:8000": f"127.0.0.1:{upstream}",
        "listen 80;": f"listen {site.http};",
        "listen [::]:80;": "",
        "listen 443 ": f"listen {site.https} ",
        "listen [::]:443 ssl http2;": "",
    }
    for old, new in moved.items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / "mayday.conf").write_text(text)
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log stderr; worker_processes 1; events {{}}"
        f"http {{ {places} include {folder}/mayday.conf; }}"
    )
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]


@pytest.fixture(scope="module", params=[caddy, nginx], ids=lambda make: make.__name__)
def site(
    request: pytest.FixtureRequest,
    peopled_sqlite: tuple[Path, object],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A server as the document sets it up, behind one of the proxies."""
    folder = tmp_path_factory.mktemp(request.param.__name__)
    shutil.copytree(peopled_sqlite[0], folder / "data")
    settings = settings_for(
        folder / "data",
        trusted_hosts=(NAME, "127.0.0.1"),
        trusted_proxies=("127.0.0.1", "::1"),
        secure_cookies=True,
        metrics_networks=READER,
        public_url=f"https://{NAME}",
    )
    app = create_app(settings_for(folder / "data"))
    cookie = Cast(app, peopled_sqlite[1]).vic.client.get_cookie("mayday")  # type: ignore[arg-type]
    assert cookie is not None
    dispose(app)
    authority = folder / "root.pem"
    with running_server(settings) as server:
        # Not earlier: a port is only free for a while.
        made = Site(free_port(), free_port(), authority, f"mayday={cookie.value}", folder / "proxy.log")
        with proxy(request.param, folder, made, server.address[1]):
            yield made


@contextlib.contextmanager
def proxy(
    make: Callable[[Path, Site, int], list[str]], folder: Path, site: Site, upstream: int
) -> Iterator[None]:
    """The proxy, for as long as the ``with`` lasts."""
    command = make(folder, site, upstream)
    homes = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}
    with site.log.open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=os.environ | homes | {"MAYDAY_DOMAIN": NAME}
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            signed = folder / "caddy/pki/authorities/local/root.crt"
            if signed.exists():
                shutil.copy(signed, site.authority)
            try:
                site.ask("GET", "/health/live")
                break
            except (urllib3.exceptions.HTTPError, OSError):
                assert process.poll() is None, site.log.read_text()
                assert time.monotonic() < deadline, site.log.read_text()
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_a_page_comes_with_a_certificate_and_says_once_to_stay_with_https(site: Site) -> None:
    page = site.ask("GET", "/sign-in")
    assert page.status == 200
    assert page.headers.getlist("Strict-Transport-Security") == ["max-age=31536000"]
    assert "Secure" in page.headers["Set-Cookie"]
    assert site.ask("GET", "/me", Cookie=site.cookie).status == 200


def test_without_https_people_are_led_there(site: Site) -> None:
    with urllib3.HTTPConnectionPool("127.0.0.1", site.http, retries=False, timeout=PATIENCE) as pool:
        answer = pool.request("GET", "/sign-in", headers={"Host": NAME}, redirect=False)
    assert answer.status in (301, 308)
    assert answer.headers["Location"].startswith(f"https://{NAME}")


def test_the_live_socket_passes(site: Site) -> None:
    socket = websocket.create_connection(
        f"wss://127.0.0.1:{site.https}/live?since=0&channel=board",
        host=NAME,
        origin=f"https://{NAME}",
        cookie=site.cookie,
        sslopt={"ca_certs": str(site.authority), "server_hostname": NAME},
        timeout=PATIENCE,
    )
    try:
        assert socket.recv()
    finally:
        socket.close()


def test_a_form_that_is_too_large_is_refused_in_our_words(site: Site) -> None:
    answer = site.ask("POST", "/sign-in", body=b"x" * (2 << 20), Content_Type="text/plain")
    assert answer.status == 413
    assert "Too large" in answer.data.decode()


def test_an_upload_over_the_proxy_s_bound_is_told_so(site: Site, tmp_path: Path) -> None:
    # By HTTP/2, as browsers do: there the answer arrives although the upload is not finished.
    (tmp_path / "large").write_bytes(b"x" * (13 << 20))
    asked = [
        "curl",
        "--silent",
        "--cacert",
        str(site.authority),
        "--resolve",
        f"{NAME}:{site.https}:127.0.0.1",
    ]
    asked += ["--data-binary", f"@{tmp_path}/large", "--output", f"{tmp_path}/answer", "--header", "Expect:"]
    told = ["--write-out", "%{http_version} %{http_code}", f"https://{NAME}:{site.https}/sign-in"]
    answer = subprocess.run([*asked, *told], capture_output=True, text=True, check=False, timeout=60)
    assert answer.stdout == "2 413", answer


def test_the_server_sees_the_address_that_people_come_from(site: Site) -> None:
    assert site.ask("GET", "/metrics", source=READER).status == 200
    assert site.ask("GET", "/metrics").status == 403


@pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded", "X_Real_IP"])
def test_what_a_client_says_about_its_address_is_not_believed(site: Site, header: str) -> None:
    claim = f"for={READER}" if header == "Forwarded" else READER
    assert site.ask("GET", "/metrics", body=None, source="127.0.0.1", **{header: claim}).status == 403
    assert site.ask("GET", "/metrics", source=READER, X_Forwarded_For="203.0.113.7").status == 200


def test_a_claimed_host_or_scheme_changes_nothing(site: Site) -> None:
    answer = site.ask("GET", "/sign-in", X_Forwarded_Host="evil.example", X_Forwarded_Proto="http")
    assert answer.status == 200
    assert "evil.example" not in answer.data.decode()


def test_a_request_has_the_proxy_s_id_and_not_the_client_s(site: Site) -> None:
    answer = site.ask("GET", "/sign-in", X_Request_ID="a-token-of-somebody")
    assert "a-token-of-somebody" not in answer.headers["X-Request-ID"]


def test_links_that_let_somebody_in_stay_out_of_the_log(site: Site) -> None:
    secret = "lets-somebody-in-0123456789"
    for door in ("invitation", "join"):
        site.ask("GET", f"/{door}/{secret}")
    deadline = time.monotonic() + PATIENCE
    said = ""
    while "/join/-" not in said:
        assert time.monotonic() < deadline, said
        access = site.log.parent / "mayday.log"
        said = site.log.read_text() + (access.read_text() if access.exists() else "")
        time.sleep(0.05)
    assert secret not in said
