from django.apps import AppConfig
from django.db.backends.signals import connection_created


class TablesConfig(AppConfig):
    name = "tables"

    def ready(self) -> None:
        from tables import exact_numbers

        connection_created.connect(exact_numbers.add_to)
