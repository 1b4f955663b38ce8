"""The Flask extensions, made once and bound to an app in `create_app`."""

from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_login import LoginManager
from flask_sock import Sock
from flask_sqlalchemy import SQLAlchemy

from webapp.database import Base


def _address() -> str:
    """Whom a limit counts against unless it says otherwise (limits needs what is made below)."""
    from webapp.limits import address

    return address()


db = SQLAlchemy(
    metadata=Base.metadata,
    disable_autonaming=True,
    session_options={"expire_on_commit": False},
)
login = LoginManager()
limiter = Limiter(key_func=_address, headers_enabled=True)
sock = Sock()
babel = Babel()
compress = Compress()
