"""The demo: a small believable response to look around in, shipped with Mayday."""
