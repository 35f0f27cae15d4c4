from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

UNCHOSEN = (160, 240)  # px: what columns were created with


def keep_chosen_widths(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Column = apps.get_model("tables", "Column")
    Column._base_manager.exclude(width__in=UNCHOSEN).update(fitted=False)


def pin_first_columns(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Where nobody has pinned a column, the first one that is shown."""
    Column = apps.get_model("tables", "Column")
    live = Column._base_manager.filter(deleted_at=None)
    shown = live.filter(hidden=False, table_id=models.OuterRef("pk")).order_by("position", "pk")
    tables = apps.get_model("tables", "Table")._base_manager.exclude(pk__in=live.filter(pinned=True).values("table_id"))
    firsts = tables.annotate(first=models.Subquery(shown.values("pk")[:1])).values_list("first", flat=True)
    Column._base_manager.filter(pk__in=[pk for pk in firsts if pk is not None]).update(pinned=True)


class Migration(migrations.Migration):

    dependencies = [
        ('tables', '0014_moves_of_rows'),
    ]

    operations = [
        migrations.AddField(
            model_name='column',
            name='fitted',
            field=models.BooleanField(default=True),
        ),
        migrations.RunPython(keep_chosen_widths, migrations.RunPython.noop),
        migrations.RunPython(pin_first_columns, migrations.RunPython.noop),
    ]
