"""The declarative base, shared columns, and how each database is opened.

SQLite runs with WAL and ``synchronous=FULL`` (acknowledged means on disk). A write transaction starts
with ``BEGIN IMMEDIATE``: a deferred read-then-write would fail under concurrent writers.
"""

import enum
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Enum,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    TypeDecorator,
    Uuid,
    event,
    inspect,
)
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from webapp.invisible import visible_in

WRITE = "mayday_write"  # execution option: this transaction will write

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def utc_now() -> datetime:
    """The present moment, in UTC with its zone."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, stored in UTC and always read back with its zone; a naive value is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone; store it in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


QUANTITY_SCALE = 1000  # thousandths: 0.001 is the smallest amount


class Quantity(TypeDecorator[Decimal]):
    """An amount with up to three decimals, exact on every database (SQLite keeps thousandths)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        """Store thousandths."""
        return None if value is None else int(Decimal(value) * QUANTITY_SCALE)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Read thousandths; whole amounts come back without decimals."""
        if value is None:
            return None
        amount = Decimal(value) / QUANTITY_SCALE
        return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount.normalize()


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        uuid.UUID: Uuid(),
        Decimal: Numeric(asdecimal=True),
    }

    @classmethod
    def __table_cls__(cls, *args: Any, **kwargs: Any) -> Table:
        """Have SQLite number rows as PostgreSQL does: an id is never given again, also after its row is gone.

        Open pages, the journal and remembered commands name rows by number.
        """
        keys = [arg for arg in args if isinstance(arg, Column) and arg.primary_key]
        numbered = len(keys) == 1 and isinstance(keys[0].type, BigInteger)
        return Table(*args, **({"sqlite_autoincrement": True} if numbered else {}) | kwargs)


@event.listens_for(Base, "init", propagate=True)
def _defaults_at_once(target: Base, _args: object, given: dict[str, Any]) -> None:
    """Give a new row its defaults when it is made, so that the journal and its readers see them."""
    defaults: dict[str, Any] = {}
    for attribute in inspect(type(target)).column_attrs:
        default = attribute.columns[0].default
        if default is not None and default.is_scalar:
            defaults[attribute.key] = default.arg
        elif default is not None and default.is_callable:
            defaults[attribute.key] = default.arg(None)
    merged = {**defaults, **given}
    given.clear()
    given.update(merged)


AS_IT_CAME = "as_it_came"  # in a column's info: the text is kept to the letter


@event.listens_for(Base, "attribute_instrument", propagate=True)
def _keep_visible(_kind: type[Base], _name: str, attribute: Any) -> None:
    """Whatever door a text comes by, no row takes it with characters that nobody sees."""
    column = getattr(attribute.property, "columns", [None])[0]
    if column is None or not isinstance(column.type, String | JSON) or isinstance(column.type, Enum):
        return
    if column.info.get(AS_IT_CAME):
        return

    @event.listens_for(attribute, "set", retval=True)
    def _set(_row: Base, value: object, _before: object, _initiator: object) -> object:
        return visible_in(value)


# SQLite only makes INTEGER PRIMARY KEY an alias of the row id.
BigId = BigInteger().with_variant(Integer(), "sqlite")


def text_enum(kind: type[enum.Enum], length: int = 24) -> Enum:
    """An enum kept as its value in a text column, so that a new member needs no type change."""
    return Enum(
        kind,
        native_enum=False,
        length=length,
        validate_strings=True,
        create_constraint=False,
        values_callable=lambda members: [m.value for m in members],
    )


class Row:
    """What every domain row has: id, when made and changed, and a version that rises with each change."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now, onupdate=utc_now)
    version: Mapped[int] = mapped_column(Integer, nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        """Let the mapper raise the version and refuse a write on an older one."""
        return {"version_id_col": cls.__table__.c.version if hasattr(cls, "__table__") else cls.version}


def postgres_bounds(connect_seconds: int, statement_seconds: int) -> dict[str, Any]:
    """How long PostgreSQL is waited for, as connection arguments of libpq. ``statement_seconds`` 0: no bound.

    The server itself ends what takes longer: a statement, and a transaction whose process went silent and
    would hold its locks for ever.
    """
    bounds: dict[str, Any] = {"connect_timeout": connect_seconds, "tcp_user_timeout": 10_000}
    if statement_seconds:
        silent = max(60, statement_seconds)
        bounds["options"] = (
            f"-c statement_timeout={statement_seconds}s -c idle_in_transaction_session_timeout={silent}s"
        )
    return bounds


def open_sqlite(engine: Engine) -> None:
    """Prepare an SQLite engine: durable WAL, foreign keys, own transactions, lower case of all letters."""

    @event.listens_for(engine, "connect")
    def _pragmas(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.isolation_level = None  # the driver must not begin transactions by itself
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=10000",
            "temp_store=MEMORY",
            "cache_size=-16000",
            "secure_delete=ON",  # what was removed is overwritten (see `ops.forgetting`)
        ):
            dbapi_connection.execute(f"PRAGMA {pragma}")
        # SQLite's own knows ASCII only: “Åsa” would be found by nobody. No index may be built on it.
        dbapi_connection.create_function("lower", 1, _lower, deterministic=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(WRITE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _lower(value: object) -> str | None:
    return None if value is None else str(value).lower()
