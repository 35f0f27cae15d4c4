from typing import Any

import django.db.models.deletion
from django.db import migrations, models


class AlterFieldOfPostgreSQL(migrations.AlterField):
    """SQLite would copy all rows, and looks up the table of each in no time."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):

    dependencies = [
        ('tables', '0012_no_import_keys'),
    ]

    operations = [
        AlterFieldOfPostgreSQL(
            model_name='row',
            name='table',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='tables.table'),
        ),
    ]
