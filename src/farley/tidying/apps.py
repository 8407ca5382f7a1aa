from django.apps import AppConfig


class TidyingConfig(AppConfig):
    name = "farley.tidying"

    def ready(self) -> None:
        from farley.contacts import erasing
        from farley.jobs import schedules, worker
        from farley.tidying import operations, tasks

        worker.on_giving_up(tasks.look, tasks.give_up)
        worker.on_giving_up(tasks.tidy, tasks.give_up)
        erasing.on_erasing(operations.forget)
        schedules.register("old tidying", "FREQ=DAILY;BYHOUR=3;BYMINUTE=25;BYSECOND=0", tasks.forget)
