"""Rows get sort keys with gaps, counted in blocks. Old keys are widened in the background, block by block."""

import django.db.models.deletion
from django.db import migrations, models

BLOCK = 1_000  # rows


def count_blocks(apps, schema_editor):
    """Counts what is there: until now keys were positions from 0 without gaps."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tables_rowblock (table_id, start, count)"
            " SELECT table_id, position / %s * %s, COUNT(*) FROM tables_row GROUP BY table_id, position / %s * %s",
            [BLOCK] * 4,
        )
    apps.get_model("tables", "Table").objects.filter(rows__isnull=False).update(narrow_keys=True)


class Migration(migrations.Migration):
    dependencies = [("tables", "0006_backfill")]

    operations = [
        migrations.AddField("table", "last_key", models.BigIntegerField(null=True)),
        migrations.AddField("table", "narrow_keys", models.BooleanField(default=False)),
        migrations.CreateModel(
            name="RowBlock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.BigIntegerField()),
                ("count", models.IntegerField()),
                (
                    "table",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="blocks",
                        to="tables.table",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("table", "start"), name="row_block_once")],
            },
        ),
        migrations.RunPython(count_blocks, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex("row", "row_window"),
                migrations.AlterField("row", "position", models.BigIntegerField(db_column="position")),
                migrations.RenameField("row", "position", "sort_key"),
                migrations.AddIndex("row", models.Index(fields=["table", "sort_key"], name="row_window")),
            ],
        ),
    ]
