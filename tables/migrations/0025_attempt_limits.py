from django.db import migrations, models


class Migration(migrations.Migration):
    """Tables that there are keep all of their attempts, new ones do not."""

    dependencies = [
        ('tables', '0024_long_work_trash'),
    ]

    operations = [
        migrations.AddField(
            model_name='table',
            name='attempt_days',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='table',
            name='attempts_per_cell',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='table',
            name='attempt_days',
            field=models.PositiveSmallIntegerField(default=90, null=True),
        ),
        migrations.AlterField(
            model_name='table',
            name='attempts_per_cell',
            field=models.PositiveSmallIntegerField(default=25, null=True),
        ),
    ]
