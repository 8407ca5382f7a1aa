from farley.project.settings import *  # noqa: F403
from farley.project.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.tools.unmigrated"]
