from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "farley.exchange"

    def ready(self) -> None:
        from farley.contacts import erasing
        from farley.exchange import defined, tasks, uploads
        from farley.jobs import schedules, worker
        from farley.journal import undo

        worker.on_giving_up(tasks.run_import, tasks.give_up_import)
        worker.on_giving_up(tasks.undo_batch, tasks.give_up_undo)
        undo.on_undoing(defined.follow)
        erasing.on_erasing(uploads.forget)
        schedules.register("forget uploads", "FREQ=DAILY;BYHOUR=3;BYMINUTE=20;BYSECOND=0", tasks.forget_uploads)
