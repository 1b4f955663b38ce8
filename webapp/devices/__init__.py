"""Devices: paired phones, radio gateways, trackers and displays, each with rights of its own."""
