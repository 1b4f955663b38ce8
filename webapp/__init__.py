"""Mayday: run a disaster response with the people who just showed up."""

from flask import Flask

from webapp import settings as settings_module
from webapp.settings import LANGUAGES, Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The web application with these settings, or those of the environment.

    Raises `webapp.settings.SettingsError` that names a setting it cannot start with.
    """
    from webapp import data_folder
    from webapp.web import proxies

    settings = settings or settings_module.load()
    data_folder.keep_private()
    data_folder.prepare(settings)
    app = Flask(__name__)
    _configure(app, settings)
    _bind_extensions(app, settings)
    _trace(app, settings)
    _register_features(app)
    proxies.init_app(app, settings.trusted_proxies)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    from webapp import limits
    from webapp.database import postgres_bounds

    engine_options: dict[str, object] = {"pool_pre_ping": not settings.is_sqlite}
    if not settings.is_sqlite:
        # Pages read from one snapshot: their journal position and their rows belong together.
        engine_options |= {
            "isolation_level": "REPEATABLE READ",
            "pool_size": settings.threads,
            "max_overflow": 8,
            # Seconds: a database that is away is said to be away, and nobody hangs.
            "pool_timeout": 10,
            "connect_args": postgres_bounds(
                settings.database_connect_seconds, settings.database_statement_seconds
            ),
        }
    app.config.update(
        SETTINGS=settings,
        LANGUAGES=LANGUAGES,
        SECRET_KEY=settings_module.secret_key(settings),
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options,
        TRUSTED_HOSTS=list(settings.trusted_hosts) or None,
        SESSION_COOKIE_NAME="mayday",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=settings.session_days * 86_400,
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=1_048_576,
        MAX_FORM_MEMORY_SIZE=524_288,
        MAX_FORM_PARTS=200,
        BABEL_DEFAULT_LOCALE=settings.locale,
        RATELIMIT_STORAGE_URI=limits.storage_for(settings),
        COMPRESS_ALGORITHM=["br", "gzip"],
        SOCK_SERVER_OPTIONS={"max_message_size": 4096},
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _bind_extensions(app: Flask, settings: Settings) -> None:
    from webapp import assets, extensions, models, refused_writes
    from webapp.database import open_sqlite
    from webapp.journal import guard
    from webapp.ops import logs
    from webapp.web.viewer import viewer

    models.configure()
    extensions.db.init_app(app)
    extensions.login.init_app(app)
    extensions.limiter.init_app(app)
    extensions.sock.init_app(app)
    extensions.compress.init_app(app)
    extensions.babel.init_app(
        app,
        locale_selector=lambda: viewer().locale,
        timezone_selector=lambda: viewer().time_zone,
    )
    assets.init_app(app)
    guard.watch(strict=settings.env != "production")
    with app.app_context():
        if settings.is_sqlite:
            open_sqlite(extensions.db.engine)
        else:
            refused_writes.watch(extensions.db.engine)
        logs.watch_slow_statements(extensions.db.engine, settings.slow_statement_ms)


def _trace(app: Flask, settings: Settings) -> None:
    """Trace requests, where it is switched on. Raises `SettingsError` when the libraries are not there."""
    if not settings.otlp_endpoint:
        return
    try:
        from webapp.ops import tracing
    except ImportError as error:
        raise settings_module.SettingsError(
            f"MAYDAY_OTLP_ENDPOINT needs {error.name}, which is not installed: make install EXTRAS=otel"
        ) from None
    from webapp.extensions import db

    with app.app_context():
        app.extensions["tracing"] = tracing.init_app(app, settings, db.engine)


def _register_features(app: Flask) -> None:
    from webapp import (
        accounts,
        api,
        attachments,
        board,
        calendars,
        cap,
        devices,
        events,
        feeds,
        graph,
        jobs,
        live,
        messages,
        places,
        public,
        resources,
        timeline,
        volunteers,
        webhooks,
    )
    from webapp.ops import forgetting, health, logs, metrics
    from webapp.web import context, failures, origins

    logs.init_app(app)
    origins.init_app(app)
    context.init_app(app)
    failures.init_app(app)
    features = (accounts, board, events, attachments, resources, volunteers, timeline, places, jobs)
    beside = (cap, feeds, public, calendars, webhooks)
    for feature in (*features, *beside, api, graph, live, messages, devices, health, metrics, forgetting):
        feature.init_app(app)
