"""Failures are grouped by their messages when they are stored; older ones in the background, so that this takes no time.

Two indexes hold cells with a group, none at first; the third holds the failures that have none yet, none later.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tables", "0008_state_words")]

    operations = [
        migrations.AddField("cell", "error_group", models.CharField(max_length=16, null=True)),
        migrations.AddIndex(
            "cell",
            models.Index(
                fields=["column", "state", "http_status", "error_code", "error_group", "row"],
                name="cell_failures",
                condition=models.Q(error_group__isnull=False),
            ),
        ),
        migrations.AddIndex(
            "cell",
            models.Index(
                fields=["run_id", "state", "http_status", "error_code", "error_group", "row"],
                name="cell_failures_of_run",
                condition=models.Q(error_group__isnull=False),
            ),
        ),
        migrations.AddIndex(
            "cell",
            models.Index(
                fields=["column"],
                name="cell_ungrouped",
                condition=models.Q(error_group=None, state__in=["failed", "unknown", "missing_input"]),
            ),
        ),
    ]
