"""Addresses of the pages. They are stable: people keep links."""

from django.urls import path, register_converter
from django.views.generic import RedirectView

from farley.web import (
    access,
    account,
    activity,
    affiliating,
    backups,
    bulk,
    calendar_links,
    choosing_columns,
    contacts,
    devices,
    exports,
    gate,
    groups,
    history,
    imports,
    inline,
    instance,
    joining,
    mirrors,
    moving,
    new_contact,
    notifications,
    own_fields,
    people_admin,
    people_photos,
    privacy,
    record,
    record_actions,
    resetting,
    search,
    second_step,
    security,
    shared,
    single_sign_on,
    spaces_pages,
    tags,
    teams,
    timeline_entries,
    today,
    views,
    who,
)


class IdConverter:
    """The number of a row: one that a database can hold."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class WordConverter:
    """The name of a space, a team or a person."""

    regex = "[a-z0-9._-]{1,40}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(IdConverter, "id")
register_converter(WordConverter, "word")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="today"), name="home"),
    path("login/", gate.login, name="login"),
    path("login/code/", second_step.login_code, name="login-code"),
    path("login/set-up/", second_step.login_set_up, name="login-set-up"),
    path("login/passkey/", second_step.login_passkey, name="login-passkey"),
    path("reset/", resetting.ask_reset, name="ask-reset"),
    path("reset/<str:link>/", resetting.reset, name="reset"),
    path("login/sso/", single_sign_on.sign_on, name="sso"),
    path("login/sso/callback/", single_sign_on.signed_on, name="sso-callback"),
    path("logout/", gate.logout, name="logout"),
    path("setup/", gate.setup, name="setup"),
    path("account/", account.account, name="account"),
    path("account/photo/", people_photos.own_photo, name="own-photo"),
    path("account/preferences/", account.preferences, name="preferences"),
    path("account/profile/", account.profile, name="profile"),
    path("account/password/", account.password, name="password"),
    path("account/confirm/", security.confirm, name="confirm"),
    path("account/security/", security.security, name="security"),
    path("account/security/new/", security.new_second_factor, name="new-factor"),
    path("account/security/<id:pk>/remove/", security.remove_factor, name="remove-factor"),
    path("account/security/codes/", security.recovery_codes, name="recovery-codes"),
    path("account/sessions/end/", security.end_sessions, name="end-sessions"),
    path("account/sessions/<id:pk>/end/", security.end_session, name="end-session"),
    path("account/devices/", devices.devices, name="devices"),
    path("account/devices/farley.mobileconfig", devices.apple_profile, name="apple-profile"),
    path("account/devices/<id:pk>/version/", devices.device_version, name="device-version"),
    path("account/devices/<id:pk>/seen/", devices.device_troubles, name="device-troubles"),
    path("account/devices/<id:pk>/remove/", devices.remove_device, name="remove-device"),
    path("contacts/", contacts.contacts, name="contacts"),
    path("contacts/count/", contacts.contact_count, name="contact-count"),
    path("contacts/filter/", views.filter_form, name="contact-filter"),
    path("contacts/columns/", choosing_columns.list_columns, name="list-columns"),
    path("contacts/views/", views.save_view, name="save-view"),
    path("contacts/views/<id:pk>/", views.change_view, name="change-view"),
    path("contacts/quick/", contacts.quick_add, name="quick-add"),
    path("contacts/bulk/", bulk.bulk, name="bulk"),
    path("contacts/new/", new_contact.new_contact, name="new-contact"),
    path("contacts/import/", imports.upload, name="import"),
    path("contacts/import/<id:pk>/", imports.progress, name="import-run"),
    path("contacts/import/<id:pk>/start/", imports.start, name="import-start"),
    path("contacts/import/<id:pk>/check/", imports.check_again, name="import-check"),
    path("contacts/import/<id:pk>/cancel/", imports.cancel, name="import-cancel"),
    path("contacts/import/<id:pk>/problems/", imports.problems, name="import-problems"),
    path("contacts/import/<id:pk>/left-out.vcf", imports.leftovers, name="import-leftovers"),
    path("contacts/export/", exports.export, name="export"),
    path("contacts/<id:pk>/", record.contact, name="contact"),
    path("contacts/<id:pk>/card/", record.contact_card, name="contact-card"),
    path("contacts/<id:pk>/photo/", record_actions.photo, name="contact-photo"),
    path("contacts/<id:pk>/tags/", record_actions.tags, name="contact-tags"),
    path("contacts/<id:pk>/owner/", record_actions.owner, name="contact-owner"),
    path("contacts/<id:pk>/fields/", own_fields.contact_fields, name="contact-fields"),
    path("contacts/<id:pk>/follow-up/", own_fields.follow_up, name="contact-follow-up"),
    path("fields/", own_fields.fields, name="fields"),
    path("fields/<id:pk>/", own_fields.change_field, name="change-field"),
    path("contacts/<id:pk>/delete/", record_actions.delete, name="delete-contact"),
    path("contacts/<id:pk>/restore/", record_actions.restore, name="restore-contact"),
    path("contacts/<id:pk>/facts/new/<str:name>/", inline.new_fact, name="new-fact"),
    path("contacts/<id:pk>/facts/<str:ref>/", inline.fact, name="fact"),
    path("contacts/<id:pk>/facts/<str:ref>/remove/", inline.remove_fact, name="remove-fact"),
    path("contacts/<id:pk>/names/", inline.names, name="contact-names"),
    path("contacts/<id:pk>/name-in-cards/", record_actions.rename_in_cards, name="name-in-cards"),
    path("contacts/<id:pk>/members/", groups.group_members, name="group-members"),
    path("contacts/<id:pk>/groups/", groups.contact_groups, name="contact-groups"),
    path("contacts/<id:pk>/affiliations/", affiliating.change_affiliation, name="change-affiliation"),
    path("contacts/<id:pk>/timeline/", timeline_entries.timeline_page, name="timeline"),
    path("contacts/<id:pk>/timeline/add/", timeline_entries.add_entry, name="add-timeline-entry"),
    path("timeline/<word:kind>/<id:pk>/", timeline_entries.entry, name="timeline-entry"),
    path("contacts/<id:pk>/history/", history.history, name="contact-history"),
    path("contacts/<id:pk>/history/<id:version>/restore/", history.restore, name="restore-version"),
    path("contacts/<id:pk>/archive/", privacy.contact_archive, name="contact-archive"),
    path("contacts/<id:pk>/erase/", privacy.erase_contact, name="erase-contact"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("privacy/archive/", privacy.own_archive, name="own-archive"),
    path("spaces/<word:name>/retention/", privacy.retention, name="retention"),
    path("instance/accounts/", people_admin.accounts, name="accounts"),
    path("instance/accounts/<word:name>/", people_admin.account_state, name="account-state"),
    path("contacts/<id:pk>/share/", shared.share_contact, name="share-contact"),
    path("contacts/<id:pk>/share/<id:link>/revoke/", shared.revoke_link, name="revoke-link"),
    path("shared/<str:token>/", shared.shared, name="shared"),
    path("shared/calendar/<str:token>.ics", calendar_links.shared_calendar, name="shared-calendar"),
    path("shared/<str:token>/card/", shared.shared_card, name="shared-card"),
    path("instance/backups/", backups.backups, name="backups"),
    path("instance/journal/", instance.journal, name="instance-journal"),
    path("contacts/<id:pk>/move/", moving.move_contact, name="move-contact"),
    path("contacts/<id:pk>/who/", who.contact_who, name="contact-who"),
    path("search/", search.search, name="search"),
    path("spaces/", spaces_pages.spaces, name="spaces"),
    path("new-space/", spaces_pages.new_space, name="new-space"),
    path("spaces/<word:name>/", spaces_pages.space, name="space"),
    path("spaces/<word:name>/change/", spaces_pages.change_space, name="change-space"),
    path("spaces/<word:name>/archive/", spaces_pages.archive_space, name="archive-space"),
    path("spaces/<word:name>/members/", spaces_pages.space_members, name="space-members"),
    path("spaces/<word:name>/invite/", spaces_pages.invite, name="invite"),
    path("spaces/<word:name>/invitations/<id:pk>/revoke/", spaces_pages.revoke_invitation, name="revoke-invitation"),
    path("spaces/<word:name>/tags/", tags.space_tags, name="space-tags"),
    path("spaces/<word:name>/tags/change/", tags.change_tag, name="change-tag"),
    path("spaces/<word:name>/mirrors/", mirrors.mirrors, name="mirrors"),
    path("spaces/<word:name>/mirrors/<id:pk>/", mirrors.mirror, name="mirror"),
    path("spaces/<word:name>/access/", access.access_log, name="access-log"),
    path("spaces/<word:name>/home/", spaces_pages.home_space, name="home-space"),
    path("spaces/<word:name>/as/<word:person>/", who.space_as, name="space-as"),
    path("join/<str:token>/", joining.join, name="join"),
    path("teams/", teams.teams, name="teams"),
    path("teams/<word:name>/", teams.team, name="team"),
    path("teams/<word:name>/change/", teams.change_team, name="change-team"),
    path("people/<word:name>/photo/", people_photos.person_photo, name="person-photo"),
    path("people/<word:name>/", who.person_sees, name="person-sees"),
    path("today/", today.today, name="today"),
    path("today/example/", today.example, name="example-data"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/<id:pk>/", notifications.notification, name="notification"),
    path("activity/", activity.activity, name="activity"),
    path("activity/<id:pk>/", activity.batch, name="batch"),
    path("activity/<id:pk>/undo/", activity.undo_act, name="undo"),
]
