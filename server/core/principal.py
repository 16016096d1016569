"""Who is asking: the same record for an HTTP request, a socket and the worker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Who acts. `unconfirmed` is a further device of a patient that has not shown yet whose it is; the guests' roles
    are the scopes of their links."""

    patient = "patient"
    unconfirmed = "unconfirmed"
    interpreter = "interpreter"
    family = "family"
    trainee = "trainee"
    provider = "provider"
    scheduler = "scheduler"
    admin = "admin"
    system = "system"  # the worker and the command line; never a cookie
    anonymous = "anonymous"


GUESTS = frozenset({Role.interpreter, Role.family, Role.trainee})


@dataclass(frozen=True, slots=True)
class Principal:
    """`tenant` is the practice id. A patient or guest is bound to one appointment by one link, staff to an account."""

    role: Role
    tenant: str = ""
    account_id: str = ""
    person_id: str = ""
    appointment_id: str = ""
    session_id: str = ""
    link_id: str = ""

    @property
    def agent(self) -> str:
        """Stable id for the audit trail and the idempotency scope."""
        return self.account_id or self.session_id or self.role.value

    @property
    def speaker(self) -> str:
        """As whom a page of this principal speaks (`X-Careroom-Role`)."""
        if self.role in GUESTS:
            return "guest"
        return Role.patient.value if self.role is Role.unconfirmed else self.role.value

    @property
    def is_staff(self) -> bool:
        return self.role in {Role.provider, Role.scheduler, Role.admin}


ANONYMOUS = Principal(Role.anonymous)


def system(tenant: str) -> Principal:
    return Principal(Role.system, tenant=tenant)
