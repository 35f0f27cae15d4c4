from django.conf import settings
from django.db import migrations


def note(apps, schema_editor):
    """Gives the notices of before their names, and those that are still to be sent what they tell."""
    for notice in apps.get_model('enrichment', 'Notice').objects.select_related('run__column__table'):
        run, column = notice.run, notice.run.column
        how = 'was stopped' if run.state == 'stopped' else 'has ended'
        counts = ((run.done, 'done'), (run.no_data, 'no data'), (run.failed, 'failed'), (run.unknown, 'may have been sent'))
        told = ', '.join(f'{number:,} {state}' for number, state in counts if number) or 'no rows'
        notice.name = column.name
        notice.text = f'“{column.name}” in {column.table.name} {how}: {told}.\n{settings.PUBLIC_URL}/tables/{run.table_id}'
        notice.save(update_fields=['name', 'text'])


class Migration(migrations.Migration):

    dependencies = [
        ('enrichment', '0032_notices_of_sources'),
    ]

    operations = [
        migrations.RunPython(note, migrations.RunPython.noop, elidable=True),
    ]
