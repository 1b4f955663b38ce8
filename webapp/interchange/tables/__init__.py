"""Tables in and out: events, needs, offers and people as CSV, as CSV with HXL hashtags, and as GeoJSON.

One list of columns (`columns`) says what an export writes and what an import understands, so that what goes
out can come in again.
"""
