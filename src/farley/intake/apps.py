from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "farley.intake"

    def ready(self) -> None:
        from farley.intake import tasks
        from farley.jobs import schedules

        schedules.register("regular imports", "FREQ=MINUTELY;INTERVAL=1", tasks.run_due_regular_imports)
