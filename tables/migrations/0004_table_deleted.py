from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tables", "0003_column_display")]

    operations = [
        migrations.AddField(
            model_name="table",
            name="deleted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
