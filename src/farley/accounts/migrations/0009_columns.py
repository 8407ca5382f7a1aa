from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_profile"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="columns",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
