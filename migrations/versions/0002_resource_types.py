"""The resource types that every installation starts with (NIMS-like), editable afterwards.

Revision ID: 0002
Revises: 0001
"""

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# code, name, parent, units (the usual one first), can come back, icon
TYPES = (
    ("personnel", "Personnel", None, ["people"], True, "users"),
    ("personnel.general", "General volunteers", "personnel", ["people"], True, "users"),
    ("personnel.medical", "Medical staff", "personnel", ["people"], True, "heart-pulse"),
    ("personnel.driver", "Drivers", "personnel", ["people"], True, "ship-wheel"),
    ("personnel.trade", "Skilled trades", "personnel", ["people"], True, "hammer"),
    ("personnel.interpreter", "Interpreters", "personnel", ["people"], True, "languages"),
    ("vehicle", "Vehicles", None, ["vehicles"], True, "truck"),
    ("vehicle.truck", "Trucks and vans", "vehicle", ["vehicles"], True, "truck"),
    ("vehicle.boat", "Boats", "vehicle", ["boats"], True, "ship"),
    ("vehicle.car", "Cars", "vehicle", ["vehicles"], True, "car"),
    ("equipment", "Equipment", None, ["pieces", "sets"], True, "wrench"),
    ("equipment.pump", "Pumps", "equipment", ["pumps", "pieces"], True, "droplets"),
    ("equipment.generator", "Generators", "equipment", ["pieces", "kW"], True, "zap"),
    ("equipment.tool", "Tools", "equipment", ["pieces", "sets"], True, "shovel"),
    ("equipment.lighting", "Lighting", "equipment", ["pieces"], True, "lightbulb"),
    ("equipment.communication", "Radios and phones", "equipment", ["pieces"], True, "radio"),
    ("supplies", "Supplies", None, ["pieces", "boxes", "kg"], False, "package"),
    ("supplies.sandbag", "Sandbags", "supplies", ["sandbags", "pallets"], False, "layers"),
    ("supplies.water", "Drinking water", "supplies", ["litres", "bottles", "pallets"], False, "glass-water"),
    ("supplies.food", "Food", "supplies", ["meals", "kg", "boxes"], False, "utensils"),
    ("supplies.baby", "Baby supplies", "supplies", ["packs", "boxes"], False, "baby"),
    ("supplies.hygiene", "Hygiene and cleaning", "supplies", ["packs", "boxes", "pieces"], False, "spray-can"),
    ("supplies.clothing", "Clothing", "supplies", ["pieces", "boxes"], False, "shirt"),
    ("supplies.bedding", "Blankets and bedding", "supplies", ["pieces"], False, "bed"),
    ("supplies.medical", "Medical supplies", "supplies", ["packs", "boxes", "pieces"], False, "cross"),
    ("supplies.fuel", "Fuel", "supplies", ["litres"], False, "fuel"),
    ("supplies.animal", "Animal supplies", "supplies", ["packs", "kg"], False, "paw-print"),
    ("facility", "Facilities", None, ["places"], True, "warehouse"),
    ("facility.shelter", "Shelter beds", "facility", ["beds"], True, "bed"),
    ("facility.kitchen", "Kitchens", "facility", ["places"], True, "cooking-pot"),
    ("facility.storage", "Storage", "facility", ["places", "m²"], True, "warehouse"),
)

table = sa.table(
    "resource_type",
    sa.column("id", sa.BigInteger),
    sa.column("code", sa.String),
    sa.column("name", sa.String),
    sa.column("parent_id", sa.BigInteger),
    sa.column("units", sa.JSON),
    sa.column("returnable", sa.Boolean),
    sa.column("icon", sa.String),
    sa.column("retired", sa.Boolean),
    sa.column("version", sa.Integer),
    sa.column("created_at", sa.DateTime(timezone=True)),
    sa.column("updated_at", sa.DateTime(timezone=True)),
)

# What may refer to a type.
USERS = (("need", "resource_type_id"), ("offer", "resource_type_id"), ("resource_type", "parent_id"))


def upgrade() -> None:
    connection = op.get_bind()
    now = dt.datetime.now(dt.timezone.utc)
    ids: dict[str, int] = {}
    for code, name, parent, units, returnable, icon in TYPES:
        # There already where a step back left it because something uses it.
        if (there := _id(connection, code)) is not None:
            ids[code] = there
            continue
        connection.execute(
            table.insert().values(
                code=code,
                name=name,
                parent_id=ids.get(parent),
                units=units,
                returnable=returnable,
                icon=icon,
                retired=False,
                version=1,
                created_at=now,
                updated_at=now,
            )
        )
        ids[code] = _id(connection, code)


def downgrade() -> None:
    """Remove the types that nothing uses: a step back may not take needs and offers with it."""
    connection = op.get_bind()
    for code, *_ in reversed(TYPES):
        there = _id(connection, code)
        if not any(_uses(connection, name, column, there) for name, column in USERS):
            connection.execute(table.delete().where(table.c.code == code))


def _id(connection: sa.Connection, code: str) -> int | None:
    return connection.execute(sa.select(table.c.id).where(table.c.code == code)).scalar_one_or_none()


def _uses(connection: sa.Connection, name: str, column: str, type_id: int | None) -> bool:
    user = sa.table(name, sa.column(column))
    return connection.execute(sa.select(user).where(user.c[column] == type_id).limit(1)).first() is not None
