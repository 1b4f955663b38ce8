"""Files: photos and documents that people add to events."""
