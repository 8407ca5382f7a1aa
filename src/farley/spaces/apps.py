from django.apps import AppConfig


class SpacesConfig(AppConfig):
    name = "farley.spaces"

    def ready(self) -> None:
        from farley.accounts import teams
        from farley.spaces.operations import no_space_orphaned

        teams.leaving.append(no_space_orphaned)
