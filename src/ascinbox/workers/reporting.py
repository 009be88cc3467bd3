"""Reporter tokens as credentials: sales and finance only, vendors discovered, 180 days."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from ascinbox.core.capabilities import Capability
from ascinbox.core.clock import Clock
from ascinbox.core.errors import AppleError, AscinboxError, NetworkError
from ascinbox.core.evidence import Evidence
from ascinbox.core.records import Credential
from ascinbox.core.secret import Secret
from ascinbox.workers.probing import Found, Target

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace


class ReporterService(Protocol):
    """What is asked of Apple's Reporter service here (see `apple.reporter.Reporter`)."""

    def vendors(self) -> tuple[str, ...]:
        """The vendor numbers whose sales reports the token's person may read."""
        ...

    def finance_vendors(self) -> tuple[str, ...]:
        """The vendor numbers whose finance reports that person may read."""
        ...


def open_reporter(space: Workspace, token: Secret) -> ReporterService:
    """The Reporter service with this token. NetworkError when no network was wanted."""
    from ascinbox.apple.reporter import Reporter

    if space.offline:
        raise NetworkError("Offline was asked for; nothing is sent.", unsent=True)
    return Reporter(token, clock=space.clock, base_url=space.base_url)


def probe_reporter(space: Workspace, credential: Credential, target: Target) -> Found:
    """What a linked Reporter token may do now."""
    from ascinbox.workers.probes import unusable

    try:
        service = open_reporter(space, space.vault.load(credential.secret_ref))
    except AscinboxError as error:
        return unusable(target, error, space.clock.now())
    return ask_reporter(service, target, space.clock)[0]


def ask_reporter(service: ReporterService, target: Target, clock: Clock) -> tuple[Found, tuple[str, ...]]:
    """Asks for the vendors of both kinds of report; also gives the vendor numbers that were found."""
    found = Found()
    vendors: dict[str, None] = {}
    for capability, ask, request in (
        (Capability.SALES, service.vendors, "Sales.getVendors"),
        (Capability.FINANCE, service.finance_vendors, "Finance.getVendorsAndRegions"),
    ):
        evidence = Evidence(capability, clock.now(), status=200, request=request)
        try:
            seen = ask()
        except AppleError as error:
            evidence = replace(
                evidence,
                status=error.status,
                code=error.code,
                detail=error.detail,
                clock_skew_s=error.clock_skew_s,
            )
        except AscinboxError as error:
            failure = " ".join(part for part in (error.title, error.detail) if part)
            evidence = replace(evidence, status=None, failure=failure)
        else:
            vendors.update(dict.fromkeys(seen))
            if target.vendor and target.vendor not in seen:
                evidence = replace(
                    evidence,
                    status=400,
                    detail=f"vendor {target.vendor} is not among {', '.join(seen) or 'none'}",
                )
        if capability in target.features:
            found.evidence[capability] = evidence
        if found.apps_evidence is None or found.apps_evidence.status != 200:
            found.apps_evidence = evidence
    return found, tuple(vendors)
