import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('enrichment', '0031_typed_keys'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notice',
            name='run',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='enrichment.run'),
        ),
        migrations.AddField(
            model_name='notice',
            name='source',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='enrichment.source'),
        ),
        migrations.AddField(
            model_name='notice',
            name='kind',
            field=models.CharField(db_default='column', default='column', max_length=10),
        ),
        migrations.AddField(
            model_name='notice',
            name='name',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AddField(
            model_name='notice',
            name='text',
            field=models.TextField(blank=True, db_default=''),
        ),
        migrations.AddField(
            model_name='notice',
            name='maybe_sent',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
