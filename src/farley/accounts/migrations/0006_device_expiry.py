from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_throttling"),
    ]

    operations = [
        migrations.AddField(
            model_name="device",
            name="expires_at",
            field=models.DateTimeField(null=True),
        ),
    ]
