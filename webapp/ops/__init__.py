"""Running Mayday: the command line, health, start-up."""
