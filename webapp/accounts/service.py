"""What can be done about people: make, change role, deactivate. Sign-in is in `sessions`."""

from webapp import journal
from webapp.accounts.contact import Contact
from webapp.accounts.models import User
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.journal import Actor, Role


@journal.command
def create_user(
    actor: Actor,
    *,
    name: str,
    contact: Contact,
    role: Role = Role.SUV,
    password_hash: str | None = None,
    locale: str | None = None,
) -> User:
    """Make a person. The caller has decided that this actor may (sign-up, invitation, command line).

    Raises `Invalid` when somebody has this phone or e-mail already.
    """
    require_free(contact)
    user = User(
        name=name,
        email=contact.email,
        phone=contact.phone,
        role=role,
        password_hash=password_hash,
        locale=locale,
    )
    db.session.add(user)
    db.session.flush()
    journal.append("user.registered", user, user_id=user.id, name=name, role=role)
    return user


def require_free(contact: Contact) -> None:
    """Raise `Invalid` when the phone or e-mail belongs to somebody."""
    if db.session.execute(db.select(User.id).where(contact.matches())).first() is not None:
        raise Invalid(
            "Somebody is registered with this already. Sign in instead.",
            fields={"contact": "Somebody is registered with this already. Sign in instead."},
        )
