"""Addresses of the pages. They are stable: people keep links."""

from django.urls import path, register_converter
from django.views.generic import RedirectView

from farley.web import (
    account,
    activity,
    bulk,
    contacts,
    exports,
    gate,
    history,
    imports,
    inline,
    new_contact,
    record,
    record_actions,
)


class IdConverter:
    """The number of a row: one that a database can hold."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(IdConverter, "id")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="contacts"), name="home"),
    path("login/", gate.login, name="login"),
    path("logout/", gate.logout, name="logout"),
    path("setup/", gate.setup, name="setup"),
    path("account/", account.account, name="account"),
    path("account/preferences/", account.preferences, name="preferences"),
    path("account/profile/", account.profile, name="profile"),
    path("account/password/", account.password, name="password"),
    path("contacts/", contacts.contacts, name="contacts"),
    path("contacts/count/", contacts.contact_count, name="contact-count"),
    path("contacts/quick/", contacts.quick_add, name="quick-add"),
    path("contacts/bulk/", bulk.bulk, name="bulk"),
    path("contacts/new/", new_contact.new_contact, name="new-contact"),
    path("contacts/import/", imports.upload, name="import"),
    path("contacts/import/<id:pk>/", imports.progress, name="import-run"),
    path("contacts/import/<id:pk>/start/", imports.start, name="import-start"),
    path("contacts/import/<id:pk>/cancel/", imports.cancel, name="import-cancel"),
    path("contacts/import/<id:pk>/problems/", imports.problems, name="import-problems"),
    path("contacts/export/", exports.export, name="export"),
    path("contacts/<id:pk>/", record.contact, name="contact"),
    path("contacts/<id:pk>/card/", record.contact_card, name="contact-card"),
    path("contacts/<id:pk>/photo/", record_actions.photo, name="contact-photo"),
    path("contacts/<id:pk>/tags/", record_actions.tags, name="contact-tags"),
    path("contacts/<id:pk>/owner/", record_actions.owner, name="contact-owner"),
    path("contacts/<id:pk>/delete/", record_actions.delete, name="delete-contact"),
    path("contacts/<id:pk>/restore/", record_actions.restore, name="restore-contact"),
    path("contacts/<id:pk>/facts/new/<str:name>/", inline.new_fact, name="new-fact"),
    path("contacts/<id:pk>/facts/<str:ref>/", inline.fact, name="fact"),
    path("contacts/<id:pk>/facts/<str:ref>/remove/", inline.remove_fact, name="remove-fact"),
    path("contacts/<id:pk>/history/", history.history, name="contact-history"),
    path("contacts/<id:pk>/history/<id:version>/restore/", history.restore, name="restore-version"),
    path("activity/", activity.activity, name="activity"),
    path("activity/<id:pk>/", activity.batch, name="batch"),
    path("activity/<id:pk>/undo/", activity.undo_act, name="undo"),
]
