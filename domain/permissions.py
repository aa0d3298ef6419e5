"""What each role may do, and whose patients it sees (specification 3.1)."""

from __future__ import annotations

from enum import StrEnum

from domain.model.clinics import Role


class Permission(StrEnum):
    """One thing an account may do; an address of the API names the one it needs."""

    VIEW_ALL_DOCTORS = "view_all_doctors"
    MANAGE_DOCTORS = "manage_doctors"
    VIEW_ALL_QUEUES = "view_all_queues"
    VIEW_ALL_PATIENT_ASSOCIATIONS = "view_all_patient_associations"
    VIEW_ALL_VISIT_RECORDS = "view_all_visit_records"
    VIEW_DOCTOR_NOTES = "view_doctor_notes"
    EXPORT_PATIENT_DATA = "export_patient_data"
    VIEW_SUBSCRIPTION = "view_subscription"
    MANAGE_SUBSCRIPTION = "manage_subscription"
    MANAGE_PAYMENTS = "manage_payments"
    VIEW_REVENUE = "view_revenue"
    VIEW_ANALYTICS = "view_analytics"
    DOWNLOAD_REPORTS = "download_reports"
    CONFIGURE_WHATSAPP = "configure_whatsapp"
    MANAGE_SETTINGS = "manage_settings"
    VIEW_QUEUE = "view_queue"
    VIEW_OWN_QUEUE = "view_own_queue"
    MANAGE_OWN_TOKENS = "manage_own_tokens"
    CALL_NEXT_PATIENT = "call_next_patient"
    PAUSE_OWN_QUEUE = "pause_own_queue"
    VIEW_OWN_PATIENTS = "view_own_patients"
    MANAGE_OWN_PATIENTS = "manage_own_patients"
    MANAGE_OWN_PATIENT_ASSOCIATIONS = "manage_own_patient_associations"
    ADD_VISIT_NOTES = "add_visit_notes"
    ADD_DIAGNOSIS = "add_diagnosis"
    ADD_PRESCRIPTION = "add_prescription"
    VIEW_OWN_VISIT_HISTORY = "view_own_visit_history"


P = Permission
OF_ROLE: dict[Role, tuple[Permission, ...]] = {
    Role.ADMIN: (
        P.VIEW_ALL_DOCTORS, P.MANAGE_DOCTORS, P.VIEW_ALL_QUEUES, P.VIEW_ALL_PATIENT_ASSOCIATIONS,
        P.VIEW_ALL_VISIT_RECORDS, P.VIEW_DOCTOR_NOTES, P.EXPORT_PATIENT_DATA, P.VIEW_SUBSCRIPTION,
        P.MANAGE_SUBSCRIPTION, P.MANAGE_PAYMENTS, P.VIEW_REVENUE, P.VIEW_ANALYTICS,
        P.DOWNLOAD_REPORTS, P.CONFIGURE_WHATSAPP, P.MANAGE_SETTINGS, P.VIEW_QUEUE,
    ),
    Role.DOCTOR: (
        P.VIEW_OWN_QUEUE, P.MANAGE_OWN_TOKENS, P.CALL_NEXT_PATIENT, P.PAUSE_OWN_QUEUE,
        P.VIEW_OWN_PATIENTS, P.MANAGE_OWN_PATIENTS, P.MANAGE_OWN_PATIENT_ASSOCIATIONS,
        P.ADD_VISIT_NOTES, P.ADD_DIAGNOSIS, P.ADD_PRESCRIPTION, P.VIEW_OWN_VISIT_HISTORY,
        P.VIEW_QUEUE,
    ),
}  # fmt: skip
"""Fixed by role (specification notes, 5)."""
EVERYBODY: tuple[Permission, ...] = (P.VIEW_QUEUE,)
"""What every account may do, in its own scope."""
PATIENT_ACCESS_SCOPE = {Role.ADMIN: "CLINIC_ALL", Role.DOCTOR: "DOCTOR_OWN"}
"""Whose patients a role sees, as access tokens state it."""
