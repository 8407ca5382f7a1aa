from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0005_left_out"),
        ("spaces", "0002_teams_and_invitations"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="tombstone",
            name="one_tombstone_an_href",
        ),
        migrations.RemoveIndex(
            model_name="tombstone",
            name="tombstones_since",
        ),
        migrations.AddField(
            model_name="tombstone",
            name="collection",
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="access",
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
        migrations.AlterField(
            model_name="batch",
            name="act",
            field=models.PositiveSmallIntegerField(
                choices=[
                    (1, "import"),
                    (2, "edit"),
                    (3, "new"),
                    (4, "delete"),
                    (5, "restore"),
                    (6, "move"),
                    (7, "tag"),
                    (8, "assign"),
                    (9, "undo"),
                    (10, "example data"),
                    (11, "link"),
                    (12, "affiliation"),
                    (13, "tag renamed"),
                    (14, "group"),
                    (15, "organisation renamed"),
                    (16, "view"),
                    (20, "note"),
                    (21, "call"),
                ]
            ),
        ),
        migrations.AlterField(
            model_name="change",
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
        migrations.AlterField(
            model_name="leftout",
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
        migrations.AlterField(
            model_name="tombstone",
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
        migrations.AddIndex(
            model_name="tombstone",
            index=models.Index(fields=["space", "noun", "collection", "octets_revision"], name="tombstones_since"),
        ),
        migrations.AddConstraint(
            model_name="tombstone",
            constraint=models.UniqueConstraint(
                fields=("space", "noun", "collection", "href"), name="one_tombstone_an_href"
            ),
        ),
    ]
