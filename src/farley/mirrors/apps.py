from django.apps import AppConfig


class MirrorsConfig(AppConfig):
    name = "farley.mirrors"

    def ready(self) -> None:
        from farley.contacts import erasing
        from farley.jobs import schedules
        from farley.journal import epochs
        from farley.mirrors import forgetting, operations, tasks, telling
        from farley.notifications import operations as notifications
        from farley.notifications.models import Kind

        notifications.register(Kind.MIRROR, telling.stopped)
        erasing.on_erasing(forgetting.forget)
        epochs.on_beginning(operations.pause_senders)
        schedules.register("mirrors", "FREQ=MINUTELY;INTERVAL=5", tasks.run_due_mirrors)
        schedules.register("subscriptions", "FREQ=MINUTELY;INTERVAL=5", tasks.run_due_subscriptions)
        schedules.register("mirror runs", "FREQ=DAILY;BYHOUR=3;BYMINUTE=50;BYSECOND=0", tasks.forget_mirror_runs)
