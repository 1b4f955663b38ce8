"""Rules of live updates."""
