"""Vendors on the network, by a local stand-in."""
