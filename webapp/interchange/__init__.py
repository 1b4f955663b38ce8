"""Interchange: what comes from other systems' files. Nothing here is served; the command line imports."""
