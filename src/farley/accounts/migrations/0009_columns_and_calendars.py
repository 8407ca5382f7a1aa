from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_profile"),
    ]

    operations = [
        migrations.AddField(
            model_name="device",
            name="calendars",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="columns",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="user",
            name="waiting",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
