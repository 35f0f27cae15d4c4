"""The words of cell states as people see them. Changes nothing in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tables', '0007_row_blocks'),
    ]

    operations = [
        migrations.AlterField(
            model_name='cell',
            name='state',
            field=models.CharField(choices=[('empty', '–'), ('queued', 'Queued'), ('waiting', 'Waiting'), ('limited', 'Waiting for the rate limit'), ('running', 'Running'), ('done', 'Done'), ('no_data', 'No data'), ('skipped', 'Run condition not met'), ('missing_input', 'Missing input'), ('failed', 'Failed'), ('unknown', 'May have been sent'), ('cancelled', 'Stopped')], default='empty', max_length=16),
        ),
    ]
