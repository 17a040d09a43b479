"""The weekly run from data to a staged file, without a person watching."""
