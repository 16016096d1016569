"""Tasks (FHIR Task): what a person of the staff must do, asked for by any feature, once per key.

It knows people and accounts, and nothing of what asks: appointments, waiting,
visits and reminders stand above it. It sends nothing: what must leave the house
is an event that reminders and notifications carry out.
"""
