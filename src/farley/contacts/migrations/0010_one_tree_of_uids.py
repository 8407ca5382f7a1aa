"""What is alike and what is the same in a UID share one tree: an import writes a place less a card."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0009_fewer_index_rows"),
        ("journal", "0005_left_out"),
        ("spaces", "0002_teams_and_invitations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="contact",
            name="one_contact_a_uid_and_space",
        ),
        migrations.RemoveIndex(
            model_name="contact",
            name="contacts_by_uid",
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)), fields=("space", "uid_key", "uid"), name="one_contact_a_uid"
            ),
        ),
    ]
