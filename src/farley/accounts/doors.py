"""Through which face somebody came."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Door(models.IntegerChoices):
    """Through which face something was done. Numbers are kept for ever."""

    WEB = 1, _("web")
    API = 2, _("API")
    DAV = 3, _("phone or desktop")
    IMPORT = 4, _("import")
    MAIL = 5, _("mail")
    RULE = 6, _("rule")
    CLI = 7, _("command")
