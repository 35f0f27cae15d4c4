from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('enrichment', '0015_requests_of_columns'),
    ]

    operations = [
        migrations.AddField(
            model_name='run',
            name='handed_down',
            field=models.BigIntegerField(default=0),
        ),
    ]
