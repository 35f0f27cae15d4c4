from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_delete, post_save


class TablesConfig(AppConfig):
    name = "tables"

    def ready(self) -> None:
        from tables import exact_numbers, letters, moments, table_members, values
        from workspaces.models import Membership

        connection_created.connect(exact_numbers.add_to)
        connection_created.connect(letters.add_to)
        connection_created.connect(moments.add_to)
        connection_created.connect(values.add_to)
        post_save.connect(table_members.on_role_changed, sender=Membership, dispatch_uid="role_changed")
        post_delete.connect(table_members.on_member_left, sender=Membership, dispatch_uid="member_left")
