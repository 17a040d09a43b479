"""A file system of its own, for mounts that may only be read."""

from tests.cli.conftest import small_disk

__all__ = ["small_disk"]
