from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "farley.jobs"

    def ready(self) -> None:
        from farley.jobs import schedules, tasks

        schedules.register("forget finished tasks", "FREQ=DAILY;BYHOUR=3;BYMINUTE=10;BYSECOND=0", tasks.forget_finished)
