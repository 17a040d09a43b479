"""`python -m mech_exo.cli`, the same as `exo`."""

from mech_exo.cli import main

if __name__ == "__main__":
    main()
