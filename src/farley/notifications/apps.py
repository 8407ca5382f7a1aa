from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "farley.notifications"

    def ready(self) -> None:
        from farley.jobs import schedules
        from farley.notifications import devices, operations, tasks
        from farley.notifications.models import Kind

        operations.register(Kind.DEVICE, devices.in_trouble)
        schedules.register("notifications", "FREQ=MINUTELY;INTERVAL=5", tasks.judge)
        schedules.register("notifications by mail", "FREQ=MINUTELY;INTERVAL=3", tasks.mail)
        schedules.register("old notifications", "FREQ=DAILY;BYHOUR=3;BYMINUTE=30;BYSECOND=0", tasks.forget)
