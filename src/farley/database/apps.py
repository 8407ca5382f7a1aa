from django.apps import AppConfig


class DatabaseConfig(AppConfig):
    name = "farley.database"
