"""Property tests here load time zones and locales: a slow first example on a busy machine is no fault."""

from hypothesis import settings

settings.register_profile("notifications", deadline=None)
settings.load_profile("notifications")
