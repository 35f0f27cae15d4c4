"""Models and fields take the names that the code uses for them; tables and columns keep theirs."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("enrichment", "0005_run_engine")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterModelTable("lane", "enrichment_lane"),
                migrations.RenameModel("Lane", "Runner"),
                migrations.AlterField(
                    "runner",
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="runners", to="enrichment.run"
                    ),
                ),
                migrations.AlterModelTable("recompute", "enrichment_recompute"),
                migrations.RenameModel("Recompute", "Recalculation"),
                migrations.AlterField(
                    "recalculation",
                    "table",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="recalculations", to="tables.table"
                    ),
                ),
                migrations.AlterField("claim", "begun", models.BigIntegerField(db_column="begun", default=0)),
                migrations.RenameField("claim", "begun", "intended"),
                migrations.AlterField("sharedanswer", "digest", models.CharField(db_column="digest", max_length=64)),
                migrations.RemoveConstraint("sharedanswer", "shared_answer_once"),
                migrations.RenameField("sharedanswer", "digest", "request_key"),
                migrations.AddConstraint(
                    "sharedanswer",
                    models.UniqueConstraint(fields=["column", "request_key", "scope_run"], name="shared_answer_once"),
                ),
            ],
        ),
    ]
