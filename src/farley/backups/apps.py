from django.apps import AppConfig


class BackupsConfig(AppConfig):
    name = "farley.backups"

    def ready(self) -> None:
        from farley.backups import tasks
        from farley.jobs import schedules

        schedules.register("make the nightly backup", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30;BYSECOND=0", tasks.make_due)
