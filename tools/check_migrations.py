"""Every change of a model has its migration, and no two migrations of an app claim the same place."""

from __future__ import annotations

import os
import sys
import tempfile


def main() -> int:
    """0 when the migrations say what the models say; else 1, after Django has listed the difference."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FARLEY_DATA"] = folder  # makemigrations asks the database for its history: an empty one will do
        os.environ.pop("FARLEY_DATABASE_URL", None)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "farley.project.settings")
        import django
        from django.core.management import CommandError, call_command

        django.setup()
        try:
            call_command("makemigrations", check=True, dry_run=True, interactive=False)
        except CommandError as error:
            print(error, file=sys.stderr)
            return 1
        except SystemExit as stop:
            return 1 if stop.code else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
