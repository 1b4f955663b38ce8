"""What a person may type about accounts, with messages that say how to fix it."""

from zoneinfo import available_timezones

from wtforms import DateField, PasswordField, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from webapp.journal import Role
from webapp.web.forms import CommandForm, clean_line

NAMES = {"en": "English", "es": "Español", "fr": "Français", "ht": "Kreyòl ayisyen", "ar": "العربية"}
ROLE_WORDS = {Role.SUV: "Volunteer", Role.VC: "Coordinator", Role.AUTHORITY: "Authority"}


def line(label: str, most: int, missing: str = "", least: int = 0, **more: object) -> StringField:
    """A one-line input; required when ``missing`` says what to do."""
    first = DataRequired(missing) if missing else Optional()
    length = Length(min=least, max=most, message=f"Use at most {most} characters.")
    return StringField(label, filters=[clean_line], validators=[first, length], **more)


class ContactForm(CommandForm):
    """Name and contact: what joining takes."""

    name = line("Your name", 120, "Write your name.")
    contact = line("Phone or e-mail", 254, "Write a phone number or an e-mail address.")

    def validate_name(self, field: StringField) -> None:
        """A name has a letter in it."""
        if not any(c.isalpha() for c in field.data or ""):
            raise ValidationError("Write your name.")


class SignUpForm(ContactForm):
    """Signing up: a password is a choice."""

    password = PasswordField("Password", validators=[Length(max=200, message="Use at most 200 characters.")])


class ProofForm(CommandForm):
    """The password or a code of an account, to show that one holds it."""

    secret = PasswordField(
        "Password or sign-in code",
        validators=[
            InputRequired("Write your password or sign-in code."),
            Length(max=200, message="Use at most 200 characters."),
        ],
    )


class SignInForm(ProofForm):
    """One form for password and code."""

    contact = line("Phone or e-mail", 254, "Write your phone number or e-mail address.")


class ProfileForm(CommandForm):
    """What a person tells about themselves."""

    name = line("Name", 120, "Write your name.")
    phone = line("Phone", 40)
    email = line("E-mail", 254)
    languages = line("Languages you speak", 300)
    availability = line("When you can help", 200)
    home_area = line("Home area", 120)
    emergency_contact = line("Emergency contact", 200)
    locale = SelectField("Language of these pages", choices=[("", "As the browser"), *NAMES.items()])
    time_zone = line("Time zone", 64)

    def validate_time_zone(self, field: StringField) -> None:
        """A name that the time zone database knows."""
        if field.data and field.data not in available_timezones():
            raise ValidationError("Write it as Europe/Copenhagen or America/Port-au-Prince.")


class SkillForm(CommandForm):
    """Something a person can do."""

    skill = line("Skill", 60, "Write what you can do.")
    certificate = line("Certificate", 120)
    expires_on = DateField("Valid until", validators=[Optional()])


class PasswordForm(CommandForm):
    """A new password, with the present one (or a sign-in code) where there is one."""

    present = PasswordField("Present password, or your sign-in code", validators=[Length(max=200)])
    password = PasswordField(
        "New password",
        validators=[InputRequired("Write a new password."), Length(max=200, message="Use at most 200.")],
    )


class InvitationForm(CommandForm):
    """A link for somebody."""

    role = SelectField("Role", choices=[(role.value, words) for role, words in ROLE_WORDS.items()])
    note = line("For whom", 120)


class RoleForm(CommandForm):
    """Another role."""

    role = SelectField("Role", choices=[(role.value, words) for role, words in ROLE_WORDS.items()])


class EraseForm(CommandForm):
    """The name, typed, so that nobody is erased by a slip."""

    typed_name = line("Type the person's name to erase them", 120, "Type the person's name.")
