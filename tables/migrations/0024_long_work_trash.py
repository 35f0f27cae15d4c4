from datetime import timedelta

from django.db import migrations


def put_into_trash(apps, schema_editor):
    """Gives views that were deleted before a place in the trash."""
    Deletion = apps.get_model("tables", "Deletion")
    for view in apps.get_model("tables", "SavedView").objects.exclude(deleted_at=None).select_related("table"):
        Deletion.objects.create(
            workspace_id=view.table.workspace_id,
            kind="view",
            table_id=view.table_id,
            view=view,
            name=view.name,
            deleted_by=view.changed_by,
            deleted_at=view.deleted_at,
            purged_at=view.deleted_at + timedelta(days=30),
        )


class Migration(migrations.Migration):

    dependencies = [
        ('tables', '0023_long_work_views'),
    ]

    operations = [
        migrations.RunPython(put_into_trash, migrations.RunPython.noop, elidable=True),
    ]
