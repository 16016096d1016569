"""Seats of a call: one per participant; a newer connection on one fences the older one. A provider's is the account."""

from __future__ import annotations

GUEST = ".guest"  # how the seat of a guest ends: pages tell by it whom they never show large


def patient_seat(visit_id: str) -> str:
    return f"{visit_id}.patient"


def guest_seat(guest_id: str) -> str:
    return f"{guest_id}{GUEST}"
