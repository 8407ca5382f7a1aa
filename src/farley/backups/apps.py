from django.apps import AppConfig

NIGHTLY = "make the nightly backup"  # what the schedule calls it


class BackupsConfig(AppConfig):
    name = "farley.backups"

    def ready(self) -> None:
        from farley.backups import tasks, telling
        from farley.jobs import schedules
        from farley.notifications import operations as notifications
        from farley.notifications.models import Kind

        notifications.register(Kind.BACKUPS, telling.in_trouble)
        schedules.register(NIGHTLY, "FREQ=DAILY;BYHOUR=2;BYMINUTE=30;BYSECOND=0", tasks.make_due)
