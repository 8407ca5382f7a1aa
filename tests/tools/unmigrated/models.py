"""A model that nobody wrote a migration for, for `tools.check_migrations` to find."""

from django.db import models


class Forgotten(models.Model):
    name = models.CharField(max_length=10)

    class Meta:
        app_label = "unmigrated"

    def __str__(self) -> str:
        return self.name
