from __future__ import annotations

from django.db import models


class Schedule(models.Model):
    """When a task that comes round is due next. What it does and how often stands in the code (`jobs.schedules`)."""

    name = models.CharField(max_length=100, primary_key=True)
    due_at = models.DateTimeField()
    enqueued_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
