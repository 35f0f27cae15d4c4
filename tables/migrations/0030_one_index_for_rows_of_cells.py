"""Drops the index on the row of a cell: that cells are unique by row and column is an index that begins with it.

In SQL, because Django would write the whole table anew in SQLite.
"""

from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):
    dependencies = [("tables", "0029_table_members")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'DROP INDEX IF EXISTS "tables_cell_row_id_f0855ad4"',
                    'CREATE INDEX IF NOT EXISTS "tables_cell_row_id_f0855ad4" ON "tables_cell" ("row_id")',
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="cell",
                    name="row",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cells",
                        to="tables.row",
                    ),
                )
            ],
        )
    ]
