"""Mech-Exo: honest tuning of equity factor weights on a point-in-time portfolio backtest."""

__version__ = "0.1.0"
