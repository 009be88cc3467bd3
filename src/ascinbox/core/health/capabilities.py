"""What a credential may do: the one table of capabilities and of the roles that give them.

Apple has no request that tells a key's roles, so everything about roles here is advice; what holds for a key
is found by probing it. The role cells come from Apple's role pages and, where those are silent, from what
several tools report; where reports differ, the cell is disputed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from ascinbox.core.records import CredentialKind
from ascinbox.core.stores import kinds_with, store_info


class Capability(StrEnum):
    """What a connection can be used for."""

    REVIEWS = "reviews"
    REPLY = "reply"
    SALES = "sales"
    FINANCE = "finance"
    ANALYTICS = "analytics"
    USERS = "users"
    LISTING = "listing"
    BULK_REPORTS = "bulk_reports"
    RATINGS = "ratings"


class Role(StrEnum):
    """Roles of App Store Connect that matter here, by the names of Apple's `UserRole`."""

    ACCOUNT_HOLDER = "ACCOUNT_HOLDER"
    ADMIN = "ADMIN"
    APP_MANAGER = "APP_MANAGER"
    CUSTOMER_SUPPORT = "CUSTOMER_SUPPORT"
    MARKETING = "MARKETING"
    DEVELOPER = "DEVELOPER"
    SALES = "SALES"
    FINANCE = "FINANCE"

    @property
    def words(self) -> str:
        """As App Store Connect writes it: `Customer Support`."""
        return self.value.replace("_", " ").title()

    def words_for(self, kind: str) -> str:
        """As the dialog names it; for team keys the role Sales is called Sales and Reports."""
        if self is Role.SALES and kind == CredentialKind.TEAM:
            return "Sales and Reports"
        return self.words


class Grant(StrEnum):
    """Whether a role gives a capability, and whether that is certain."""

    YES = "yes"
    NO = "no"
    DISPUTED = "disputed"


TEAM_ROLES: tuple[Role, ...] = tuple(role for role in Role if role is not Role.ACCOUNT_HOLDER)
"""Roles that a team key can carry (Apple: the Account Holder's is not one of them)."""

INDIVIDUAL_ROLES: tuple[Role, ...] = tuple(r for r in Role if r not in {Role.SALES, Role.FINANCE})
"""Roles whose users may hold an individual key (Apple: not Finance and not Sales)."""


@dataclass(frozen=True, slots=True)
class CapabilityInfo:
    """One row of the table."""

    capability: Capability
    title: str
    gives: str
    """What the person gets, in the wizard's words."""
    probe: str
    """The cheap request that tests it; empty when nothing harmless does."""
    needs: str
    """The roles in words, for the Accounts screen."""
    team: Mapping[Role, Grant] = field(default_factory=dict)
    individual: Mapping[Role, Grant] = field(default_factory=dict)
    needs_vendor: bool = False
    listed: bool = True
    """Shown as a column whether chosen or not."""
    default: bool = True
    """Proposed by the wizard."""
    public: bool = False
    """Anybody may: no credential is asked for it, and no probe tests it."""
    optional: bool = False
    """Offered beside the columns; it has one where an account uses it."""
    reading: str = ""
    """What reading needs and what changing needs, where the two differ: the probe tests reading alone."""
    preferred: Mapping[str, Role] = field(default_factory=dict)
    """The least role that Apple documents for it, by kind; `grant` tells whether that is certain."""

    @property
    def kinds(self) -> frozenset[str]:
        """Credential kinds that can have it at all."""
        return kinds_with(self.capability)

    def grant(self, role: Role, kind: str) -> Grant:
        """Whether `role` gives it to a credential of that kind."""
        if kind not in self.kinds:
            return Grant.NO
        table = self.individual if kind == CredentialKind.INDIVIDUAL else self.team
        return table.get(role, Grant.NO)

    def least(self, kind: str) -> Role | None:
        """The smallest role that gives it, None where no role does."""
        return self.preferred.get(kind)


def _roles(yes: Iterable[Role] = (), disputed: Iterable[Role] = ()) -> Mapping[Role, Grant]:
    return {**dict.fromkeys(yes, Grant.YES), **dict.fromkeys(disputed, Grant.DISPUTED)}


_R = Role
_TEAM, _OWN, _REPORTER = CredentialKind.TEAM, CredentialKind.INDIVIDUAL, CredentialKind.REPORTER

CAPABILITIES: tuple[CapabilityInfo, ...] = (
    CapabilityInfo(
        Capability.REVIEWS,
        "Reviews",
        "read every review of your apps",
        "GET /v1/apps/{id}/customerReviews",
        "a role with the app, such as Customer Support",
        _roles(
            (_R.ADMIN, _R.APP_MANAGER, _R.CUSTOMER_SUPPORT),
            (_R.MARKETING, _R.DEVELOPER, _R.SALES, _R.FINANCE),
        ),
        _roles(
            (_R.ACCOUNT_HOLDER, _R.ADMIN, _R.APP_MANAGER, _R.CUSTOMER_SUPPORT), (_R.MARKETING, _R.DEVELOPER)
        ),
        preferred={_TEAM: _R.CUSTOMER_SUPPORT, _OWN: _R.CUSTOMER_SUPPORT},
    ),
    CapabilityInfo(
        Capability.REPLY,
        "Reply",
        "publish replies to reviews",
        "",
        "Customer Support or Admin",
        _roles((_R.ADMIN,), (_R.CUSTOMER_SUPPORT, _R.APP_MANAGER, _R.MARKETING)),
        _roles((_R.ACCOUNT_HOLDER, _R.ADMIN, _R.CUSTOMER_SUPPORT), (_R.APP_MANAGER, _R.MARKETING)),
        preferred={_TEAM: _R.CUSTOMER_SUPPORT, _OWN: _R.CUSTOMER_SUPPORT},
    ),
    CapabilityInfo(
        Capability.SALES,
        "Sales",
        "downloads and proceeds day by day",
        "GET /v1/salesReports",
        "Sales, Finance or Admin",
        _roles((_R.SALES, _R.FINANCE, _R.ADMIN)),
        needs_vendor=True,
        preferred={_TEAM: _R.SALES, _REPORTER: _R.SALES},
    ),
    CapabilityInfo(
        Capability.FINANCE,
        "Finance",
        "the monthly payments in final figures",
        "GET /v1/financeReports",
        "Finance or Admin",
        _roles((_R.FINANCE, _R.ADMIN)),
        needs_vendor=True,
        preferred={_TEAM: _R.FINANCE, _REPORTER: _R.FINANCE},
    ),
    CapabilityInfo(
        Capability.ANALYTICS,
        "Analytics",
        "impressions, page views, sessions, crashes",
        "GET /v1/apps/{id}/analyticsReportRequests",
        "Admin once, then Sales, Finance or Admin",
        _roles((_R.SALES, _R.FINANCE, _R.ADMIN)),
        _roles((_R.ACCOUNT_HOLDER, _R.ADMIN)),
        preferred={_TEAM: _R.SALES, _OWN: _R.ADMIN},
    ),
    CapabilityInfo(
        Capability.USERS,
        "Users",
        "see the team and invite people to it",
        "GET /v1/users",
        "Admin",
        _roles((_R.ADMIN,), (_R.APP_MANAGER,)),
        _roles((_R.ACCOUNT_HOLDER, _R.ADMIN), (_R.APP_MANAGER,)),
        default=False,
        preferred={_TEAM: _R.ADMIN, _OWN: _R.ADMIN},
    ),
    CapabilityInfo(
        Capability.LISTING,
        "Listing",
        "read and change the texts of your store pages",
        "GET /v1/apps/{id}/appStoreVersions",
        "App Manager or Admin",
        _roles((_R.APP_MANAGER, _R.ADMIN), (_R.MARKETING,)),
        _roles((_R.ACCOUNT_HOLDER, _R.APP_MANAGER, _R.ADMIN), (_R.MARKETING,)),
        listed=False,
        default=False,
        optional=True,
        reading="Reading needs any role that sees the app; changing it needs App Manager or Admin.",
        preferred={_TEAM: _R.APP_MANAGER, _OWN: _R.APP_MANAGER},
    ),
    CapabilityInfo(
        Capability.BULK_REPORTS,
        "Bulk reports",
        "read older reviews from the monthly files in the bucket",
        "GET /storage/v1/b/{bucket}/o",
        "View app information and download bulk reports",
        listed=False,
    ),
    CapabilityInfo(
        Capability.RATINGS,
        "Public ratings",
        "all ratings by storefront and day, from the App Store's public look-up",
        "GET /lookup",
        "no key: itunes.apple.com is asked once a day",
        listed=False,
        default=False,
        public=True,
    ),
)

TABLE: MappingProxyType[Capability, CapabilityInfo] = MappingProxyType(
    {c.capability: c for c in CAPABILITIES}
)

LISTED: tuple[Capability, ...] = tuple(c.capability for c in CAPABILITIES if c.listed)
"""The columns of the health matrix, in order."""

OFFERED: tuple[Capability, ...] = tuple(c.capability for c in CAPABILITIES if c.listed or c.optional)
"""What the wizard for Apple's keys offers."""

DEFAULT_FEATURES: tuple[Capability, ...] = tuple(c.capability for c in CAPABILITIES if c.default)


def offered_features(store: str) -> tuple[Capability, ...]:
    """What can be switched on and off for an account of a store."""
    row = store_info(store)
    own = (
        c.capability
        for c in CAPABILITIES
        if c.capability in row.capabilities and (c.listed or c.default or c.optional)
    )
    public = (c.capability for c in CAPABILITIES if c.public and row.lookup)
    return tuple(dict.fromkeys((*own, *public)))


def info(capability: str) -> CapabilityInfo:
    """The row of a capability; ValueError for an unknown word."""
    return TABLE[Capability(capability)]


def possible(kinds: Iterable[str]) -> frozenset[Capability]:
    """What credentials of these kinds can be used for at all."""
    chosen = set(kinds)
    return frozenset(row.capability for row in CAPABILITIES if row.kinds & chosen)


def parse_features(names: Iterable[str]) -> tuple[Capability, ...]:
    """Capabilities in the table's order; ValueError names an unknown word."""
    wanted = set()
    for name in names:
        try:
            wanted.add(Capability(name.strip().lower()))
        except ValueError:
            known = ", ".join(Capability)
            raise ValueError(f"no such feature: {name} (there are {known})") from None
    return tuple(row.capability for row in CAPABILITIES if row.capability in wanted)
