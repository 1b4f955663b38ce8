"""The WSGI application, for gunicorn and other servers."""

from webapp import create_app
from webapp.ops import logs

app = create_app()
logs.configure(app.config["SETTINGS"])
