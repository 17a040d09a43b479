"""For all tests: what the machine or the shell that starts them must not decide."""

import signal

from hypothesis import HealthCheck, settings

# no example of a property test fails by the clock, machines are shared
settings.register_profile("exo", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("exo")

# a shell starts its background jobs with Ctrl-C ignored, and the programs under test inherit that
signal.signal(signal.SIGINT, signal.default_int_handler)
