from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fields", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="field",
            name="noun",
            field=models.PositiveSmallIntegerField(
                choices=[
                    (1, "contact"),
                    (2, "tag"),
                    (3, "view"),
                    (4, "calendar"),
                    (5, "calendar entry"),
                    (6, "note"),
                    (7, "call"),
                ]
            ),
        ),
    ]
