"""Where Farley keeps its data and how it is reached: read from the environment and `farley.toml`.

No Django in here: the command reads it before Django starts, and `settings` reads it again.
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

CONFIGURATION_FILE = "farley.toml"
SETTINGS = {
    "FARLEY_DATA": "data",
    "FARLEY_DATABASE_URL": "database_url",
    "FARLEY_URL": "url",
    "FARLEY_TRUST_PROXY": "trust_proxy",
    "FARLEY_SECOND_FACTOR": "second_factor",
    "FARLEY_MAIL_URL": "mail_url",
    "FARLEY_MAIL_FROM": "mail_from",
    "FARLEY_BACKUP_FOLDER": "backup_folder",
    "FARLEY_BACKUP_KEEP": "backup_keep",
    "FARLEY_MIRROR_NETWORKS": "mirror_networks",
    "FARLEY_WATCHED_FOLDER": "watched_folder",
    "FARLEY_OIDC_ISSUER": "oidc.issuer",
    "FARLEY_OIDC_CLIENT_ID": "oidc.client_id",
    "FARLEY_OIDC_SECRET_FILE": "oidc.secret_file",
    "FARLEY_OIDC_NAME": "oidc.name",
    "FARLEY_OIDC_DOMAINS": "oidc.domains",
    "FARLEY_OIDC_CREATE_ACCOUNTS": "oidc.create_accounts",
    "FARLEY_OIDC_LINK_BY_EMAIL": "oidc.link_by_email",
    "FARLEY_OIDC_GROUPS_CLAIM": "oidc.groups_claim",
    "FARLEY_OIDC_TEAMS": "oidc.teams",
    "FARLEY_OIDC_ADMINS_GROUP": "oidc.admins_group",
    "FARLEY_OIDC_PASSWORD_FORM": "oidc.password_form",
}
YES_OR_NO = frozenset({"trust_proxy", "oidc.create_accounts", "oidc.link_by_email", "oidc.password_form"})


POSTGRES_OPTIONS = frozenset(
    {
        "connect_timeout",
        "sslmode",
        "sslrootcert",
        "sslcert",
        "sslkey",
        "options",
        "application_name",
        "target_session_attrs",
    }
)
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


class ConfigurationError(ValueError):
    """A setting cannot be used. `option` names it as the user wrote it."""

    def __init__(self, option: str, reason: str) -> None:
        super().__init__(f"{option}: {reason}")
        self.option, self.reason = option, reason


class SecondFactor(Enum):
    """Who has to sign in by two factors. Everybody else may."""

    OFF = "off"
    ADMINS = "admins"
    ALL = "all"


class Tls(Enum):
    """How the way to the mail server is encrypted."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


MAIL_PORTS = {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}


@dataclass(frozen=True, slots=True)
class Mail:
    """The server that sends mail, and in whose name."""

    host: str
    port: int
    user: str
    password: str
    tls: Tls
    sender: str


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """Where a backup is put every night, and of how many days, weeks and months one is kept."""

    folder: Path
    daily: int
    weekly: int
    monthly: int


@dataclass(frozen=True, slots=True)
class SingleSignOn:
    """A provider of OpenID Connect that people sign in by, and what it decides about them."""

    issuer: str
    client_id: str
    secret: str
    name: str = "OpenID"  # on the button
    domains: frozenset[str] = frozenset()  # of the addresses that are let in; empty: all
    create_accounts: bool = False
    link_by_email: bool = False  # to an account that has the address already, if the provider has seen to whose it is
    groups_claim: str = "groups"
    teams: Mapping[str, str] = field(default_factory=dict)  # by the provider's group
    admins_group: str = ""
    password_form: bool = True


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of one instance. `database_url` is empty for SQLite in the data folder."""

    data: Path
    database_url: str
    url: str
    trust_proxy: bool  # its X-Forwarded-Proto is believed
    second_factor: SecondFactor = SecondFactor.OFF
    mail: Mail | None = None  # None: no mail is sent
    backups: BackupPlan | None = None  # None: none is made by itself
    single_sign_on: SingleSignOn | None = None
    mirror_networks: tuple[IPv4Network | IPv6Network, ...] = ()  # own networks that mirrors may reach
    watched_folder: Path = Path()  # in it lie those that are watched for spaces

    @property
    def sqlite_file(self) -> Path | None:
        """The SQLite database, or None where another engine serves."""
        if not self.database_url:
            return self.data / "farley.sqlite3"
        scheme, _, path = self.database_url.partition("?")[0].partition(":///")
        return Path(unquote(path)) if scheme == "sqlite" else None

    @property
    def database_options(self) -> dict[str, str]:
        """What follows the ? of the URL: for PostgreSQL the driver's, for SQLite `timeout` in seconds."""
        return dict(parse_qsl(self.database_url.partition("?")[2]))


def load(environment: Mapping[str, str] | None = None) -> Configuration:
    """Read the settings. The environment wins over the file; raises ConfigurationError."""
    environment = os.environ if environment is None else environment
    values = _from_file(environment)
    for variable, key in SETTINGS.items():
        if environment.get(variable):
            values[key] = (variable, environment[variable])
    option, data = values.get("data", ("FARLEY_DATA", ""))
    if "\0" in data:
        raise ConfigurationError(option, "a path cannot hold a NUL character")
    folder = Path(data).expanduser() if data else _default_folder(environment)
    return Configuration(
        data=folder.absolute(),
        watched_folder=_watched(folder.absolute(), *values.get("watched_folder", ("FARLEY_WATCHED_FOLDER", ""))),
        database_url=checked_database_url(*values.get("database_url", ("FARLEY_DATABASE_URL", ""))),
        url=_own_url(*values.get("url", ("FARLEY_URL", ""))),
        trust_proxy=_yes_or_no(*values.get("trust_proxy", ("FARLEY_TRUST_PROXY", "no"))),
        mail=_mail(values),
        backups=_backups(values),
        single_sign_on=_single_sign_on(values),
        second_factor=_second_factor(*values.get("second_factor", ("FARLEY_SECOND_FACTOR", "off"))),
        mirror_networks=_networks(*values.get("mirror_networks", ("FARLEY_MIRROR_NETWORKS", ""))),
    )


def _watched(data: Path, option: str, folder: str) -> Path:
    if "\0" in folder:
        raise ConfigurationError(option, "a path cannot hold a NUL character")
    return Path(folder).expanduser().absolute() if folder else data / "watched"


def secret(folder: Path, name: str, *, length: int = 48) -> str:
    """The secret `name` of this instance, made at the first call; its file is readable by its owner alone."""
    path = folder / "secrets" / name
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    value = secrets.token_urlsafe(length)
    draft = path.with_name(f".{name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(value + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # of two processes that start together, the first one's secret stays
    except FileExistsError:
        value = path.read_text(encoding="ascii").strip()
    finally:
        draft.unlink()
    return value


def _from_file(environment: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    named = environment.get("FARLEY_CONFIG")
    path = Path(named or CONFIGURATION_FILE)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if named:
            raise ConfigurationError("FARLEY_CONFIG", f"{named} does not exist") from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(str(path), str(error)) from error
    known = set(SETTINGS.values())
    table = document.pop("oidc", {})
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path}: oidc", "must be a table: [oidc]")
    document |= {f"oidc.{key}": value for key, value in table.items()}
    for key in document:
        if key not in known:
            raise ConfigurationError(f"{path}: {key}", f"no such setting; there are {', '.join(sorted(known))}")
    return {key: (f"{path}: {key}", _written(f"{path}: {key}", key, value)) for key, value in document.items()}


def _written(option: str, key: str, value: object) -> str:
    """A value of the file as the environment would have it."""
    if key in YES_OR_NO:
        if not isinstance(value, bool):
            raise ConfigurationError(option, "must be true or false")
        return "yes" if value else "no"
    if key in ("oidc.domains", "mirror_networks") and isinstance(value, list):
        return ",".join(map(str, value))
    if key == "oidc.teams" and isinstance(value, dict):
        return ";".join(f"{group}={team}" for group, team in value.items())
    if not isinstance(value, str):
        raise ConfigurationError(option, 'must be in "quotes"')
    return value


def _backups(values: Mapping[str, tuple[str, str]]) -> BackupPlan | None:
    option, kept = values.get("backup_keep", ("FARLEY_BACKUP_KEEP", "7 4 12"))
    counts = kept.split()
    if len(counts) != 3 or not all(count.isascii() and count.isdigit() and len(count) < 5 for count in counts):
        raise ConfigurationError(option, 'must be three numbers, of days, weeks and months, such as "7 4 12"')
    option, folder = values.get("backup_folder", ("FARLEY_BACKUP_FOLDER", ""))
    if "\0" in folder:
        raise ConfigurationError(option, "a path cannot hold a NUL character")
    if not folder:
        return None
    return BackupPlan(Path(folder).expanduser().absolute(), *map(int, counts))


def _default_folder(environment: Mapping[str, str]) -> Path:
    base = environment.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "farley"


def checked_database_url(option: str, value: str) -> str:
    """`value`, if it can be one. Raises ConfigurationError, which names `option`."""
    if value.startswith("sqlite:///"):
        options = dict(parse_qsl(value.partition("?")[2], keep_blank_values=True))
        if options.keys() - {"timeout"} or not options.get("timeout", "20").isdecimal():
            raise ConfigurationError(option, "after ? only timeout=SECONDS is known, a whole number")
        if value.partition("?")[0].removeprefix("sqlite:///").strip("/") in ("", ":memory:"):
            raise ConfigurationError(option, "names no file: sqlite:////folder/farley.sqlite3")
        return value
    if not value:
        return value
    parts = urlsplit(value)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ConfigurationError(option, "must begin with postgres:// or sqlite:///")
    try:
        parts.port  # noqa: B018 -- reading it is the check
    except ValueError as error:
        raise ConfigurationError(option, f"the port is not a number from 0 to 65535: {error}") from error
    if not parts.path.strip("/"):
        raise ConfigurationError(option, "names no database: postgres://user:password@host:port/database")
    if unknown := dict(parse_qsl(parts.query, keep_blank_values=True)).keys() - POSTGRES_OPTIONS:
        known = ", ".join(sorted(POSTGRES_OPTIONS))
        raise ConfigurationError(option, f"{min(unknown)} is not known after ?; there are {known}")
    return value


def _mail(values: Mapping[str, tuple[str, str]]) -> Mail | None:
    option, url = values.get("mail_url", ("", ""))
    sender_option, sender = values.get("mail_from", ("FARLEY_MAIL_FROM", ""))
    if not url:
        if sender:
            raise ConfigurationError(sender_option, "names a sender, but FARLEY_MAIL_URL names no server")
        return None
    if not _ADDRESS.fullmatch(sender):
        raise ConfigurationError(sender_option, "must be the address that mail comes from, as farley@example.org")
    parts, query = urlsplit(url), dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    if parts.scheme != "smtp" or not parts.hostname or parts.path.strip("/"):
        raise ConfigurationError(option, "must be smtp://user:password@host:port")
    if query.keys() - {"tls"}:
        raise ConfigurationError(option, "after ? only tls=starttls, tls=implicit or tls=none is known")
    try:
        tls, port = Tls(query.get("tls", "starttls")), parts.port
    except ValueError as error:
        raise ConfigurationError(option, f"tls is starttls, implicit or none, the port a number: {error}") from error
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Mail(parts.hostname, port or MAIL_PORTS[tls], user, password, tls, sender)


def _single_sign_on(values: Mapping[str, tuple[str, str]]) -> SingleSignOn | None:
    given = {key.partition(".")[2]: value for key, value in values.items() if key.startswith("oidc.")}
    if not given:
        return None
    for needed in ("issuer", "client_id", "secret_file"):
        if not given.get(needed, ("", ""))[1]:
            raise ConfigurationError(f"FARLEY_OIDC_{needed.upper()}", "single sign-on needs it")
    text = {key: value for key, (_option, value) in given.items()}
    parts = urlsplit(text["issuer"])
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and is_here)):
        raise ConfigurationError(given["issuer"][0], "must be an address with https://")
    try:
        client_secret = Path(text["secret_file"]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(given["secret_file"][0], f"cannot be read: {error}") from error
    teams = {}
    for pair in filter(None, (pair.strip() for pair in text.get("teams", "").split(";"))):
        group, _, team = pair.rpartition("=")
        if not group or not team:
            raise ConfigurationError(given["teams"][0], "must be group=team; group=team")
        teams[group.strip()] = team.strip()
    return SingleSignOn(
        issuer=text["issuer"],
        client_id=text["client_id"],
        secret=client_secret,
        name=text.get("name") or "OpenID",
        domains=frozenset(filter(None, (name.strip().lower() for name in text.get("domains", "").split(",")))),
        create_accounts=_yes_or_no(*given.get("create_accounts", ("", "no"))),
        link_by_email=_yes_or_no(*given.get("link_by_email", ("", "no"))),
        groups_claim=text.get("groups_claim") or "groups",
        teams=teams,
        admins_group=text.get("admins_group", ""),
        password_form=_yes_or_no(*given.get("password_form", ("", "yes"))),
    )


def _second_factor(option: str, value: str) -> SecondFactor:
    try:
        return SecondFactor(value.lower())
    except ValueError:
        raise ConfigurationError(option, "must be off, admins or all") from None


def _networks(option: str, value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(each, strict=False) for each in value.replace(",", " ").split())
    except ValueError as error:
        raise ConfigurationError(option, f"must be networks such as 192.168.1.0/24, with commas: {error}") from None


def _own_url(option: str, value: str) -> str:
    if not value:
        return ""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(option, "must be an address such as https://farley.example.org")
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ConfigurationError(option, "must be a bare address, without a path or a password")
    try:
        host, port = parts.hostname.encode("idna").decode("ascii"), parts.port
    except ValueError as error:  # UnicodeError is one
        raise ConfigurationError(option, f"names no host that can be: {error}") from error
    if not _HOST.fullmatch(host):
        raise ConfigurationError(option, f"{host} is no host name or address")
    bracketed = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{bracketed}" + (f":{port}" if port else "")


def _yes_or_no(option: str, value: str) -> bool:
    if value.lower() not in ("yes", "no", "1", "0", "true", "false"):
        raise ConfigurationError(option, "must be yes or no")
    return value.lower() in ("yes", "1", "true")
