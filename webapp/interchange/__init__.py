"""Interchange: what comes from other systems' files and goes out to them. Pages are in `jobs`, commands here."""
