"""For all tests: no example of a property test fails by the clock, machines are shared."""

from hypothesis import HealthCheck, settings

settings.register_profile("exo", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("exo")
