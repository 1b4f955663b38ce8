"""Interchange: what comes from other systems' files and goes out to them: its rules, and the commands."""
