from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "farley.conversations"

    def ready(self) -> None:
        from farley.contacts import erasing, operations, rebuilding, retaining
        from farley.conversations import forgetting, timeline
        from farley.conversations.keeping import EntryKeeper
        from farley.conversations.models import KINDS, About
        from farley.conversations.operations import move_along
        from farley.conversations.plans import Plans
        from farley.conversations.rebuilding import EntryTexts
        from farley.journal import undo

        timeline.register("entries", timeline.Entries())
        timeline.register("plans", Plans())
        timeline.register("changes", timeline.Changes())
        operations.on_moving(move_along)
        erasing.on_erasing(forgetting.forget, *KINDS.values(), About)
        for noun, model in KINDS.items():
            undo.register(noun, EntryKeeper(model))
            erasing.tells(noun, "text", "number")
            retaining.register(forgetting.retained(noun))
            rebuilding.also(EntryTexts(model))
