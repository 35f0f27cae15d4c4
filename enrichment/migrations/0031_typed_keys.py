from django.db import migrations
from django.db.models import Max


def read_keys_anew(apps, schema_editor):
    """Has a worker renew the keys by which look-ups find rows: those of numbers and dates are compared by their type."""
    Column = apps.get_model("tables", "Column")
    Row = apps.get_model("tables", "Row")
    Table = apps.get_model("tables", "Table")
    LookupColumn = apps.get_model("enrichment", "LookupColumn")
    Recalculation = apps.get_model("enrichment", "Recalculation")
    typed = Column.objects.filter(type__in=["number", "date"])
    of_typed = LookupColumn.objects.filter(match_id__in=typed.values("pk"))
    for table in Table.objects.filter(pk__in=of_typed.values("target_id")):
        last_row = Row.objects.filter(table=table).aggregate(last=Max("pk"))["last"]
        lookups = of_typed.filter(target_id=table.pk).order_by("pk").values_list("pk", flat=True)
        if last_row is not None:
            Recalculation.objects.create(table=table, column_ids=[], read_by=list(lookups), last_row=last_row)


class Migration(migrations.Migration):
    dependencies = [
        ("enrichment", "0030_asked_with"),
        ("tables", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(read_keys_anew, migrations.RunPython.noop, elidable=True),
    ]
