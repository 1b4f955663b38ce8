"""Attacks on a server as `make run` starts it: pages answer all the while, readiness tells the truth."""
