"""Entries of the recalculation queue are held by a lease that is counted, as workers and runners are."""

from django.db import migrations, models

_BEAT = models.BigIntegerField(db_default=0, default=0)
_SEEN_BEAT = models.BigIntegerField(db_default=-1, default=-1)


class Migration(migrations.Migration):
    dependencies = [("enrichment", "0006_field_words")]

    operations = [
        migrations.AddField("recalculation", "beat", _BEAT),
        migrations.AddField("recalculation", "seen_beat", _SEEN_BEAT),
        migrations.AlterField("runner", "beat", _BEAT),
        migrations.AlterField("runner", "seen_beat", _SEEN_BEAT),
        migrations.AlterField("worker", "beat", _BEAT),
        migrations.AlterField("worker", "seen_beat", _SEEN_BEAT),
        # The column stays in the database: a web process of the version before writes it until it is replaced.
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("recalculation", "step_until")]),
    ]
