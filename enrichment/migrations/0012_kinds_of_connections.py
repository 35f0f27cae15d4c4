"""The kinds of connections are listed in one place, which is not the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("enrichment", "0011_jwt_bearer")]

    operations = [migrations.AlterField("connection", "kind", models.CharField(default="jwt", max_length=40))]
