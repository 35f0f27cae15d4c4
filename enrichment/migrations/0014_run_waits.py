from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("enrichment", "0013_authorization")]

    operations = [
        migrations.AddField(model_name="run", name="paused_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="run", name="resumes_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="run", name="lifts_hold", field=models.BooleanField(default=False)),
        migrations.AddField(model_name="run", name="slowed_to", field=models.FloatField(null=True)),
    ]
