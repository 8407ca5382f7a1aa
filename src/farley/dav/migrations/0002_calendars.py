import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calendars", "0001_initial"),
        ("dav", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="deadproperty",
            name="calendar",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="calendars.calendar"
            ),
        ),
        migrations.AddField(
            model_name="deadproperty",
            name="entry",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="calendars.calendarobject"
            ),
        ),
        migrations.AlterField(
            model_name="deadproperty",
            name="place",
            field=models.PositiveSmallIntegerField(
                choices=[
                    (1, "Principal"),
                    (2, "Home"),
                    (3, "Book"),
                    (4, "Card"),
                    (5, "Calendar Home"),
                    (6, "Calendar"),
                    (7, "Entry"),
                ]
            ),
        ),
    ]
