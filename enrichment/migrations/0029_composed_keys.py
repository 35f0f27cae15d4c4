from django.db import migrations
from django.db.models import Max


def read_keys_anew(apps, schema_editor):
    """Has a worker renew the keys by which look-ups find rows: letters of two signs have the same as those of one."""
    Row = apps.get_model("tables", "Row")
    Table = apps.get_model("tables", "Table")
    LookupColumn = apps.get_model("enrichment", "LookupColumn")
    Recalculation = apps.get_model("enrichment", "Recalculation")
    for table in Table.objects.filter(pk__in=LookupColumn.objects.values("target_id")):
        last_row = Row.objects.filter(table=table).aggregate(last=Max("pk"))["last"]
        lookups = LookupColumn.objects.filter(target_id=table.pk).order_by("pk").values_list("pk", flat=True)
        if last_row is not None:
            Recalculation.objects.create(table=table, column_ids=[], read_by=list(lookups), last_row=last_row)


class Migration(migrations.Migration):
    dependencies = [
        ("enrichment", "0028_keyed_answers"),
    ]

    operations = [
        migrations.RunPython(read_keys_anew, migrations.RunPython.noop, elidable=True),
    ]
