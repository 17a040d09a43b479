"""Whether exo can work on this operating system."""

from importlib import import_module

from mech_exo.errors import ExoError


def check_host() -> None:
    """Raise an ExoError where files cannot be locked and processes not forked as on Unix."""
    try:
        import_module("fcntl")
    except ImportError as error:
        raise ExoError(
            "Mech-Exo needs Linux, macOS, WSL or Docker: it locks files and forks processes as "
            "Unix does, and this system cannot.",
            hint="On Windows install WSL (wsl --install) and work in it, or take the container.",
        ) from error
