"""Tests of the data check: each rule on data that have the damage, and on honest ones near it."""
