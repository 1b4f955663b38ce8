"""Rules of assignments, the roster and the pages of people in the field."""
