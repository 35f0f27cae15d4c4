from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tables", "0002_stale_cells")]

    operations = [
        migrations.AddField(
            model_name="table",
            name="deleted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
