"""The WSGI application, for gunicorn and other servers."""

from webapp import create_app

app = create_app()
