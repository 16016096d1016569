"""The door: routes, problems, OpenAPI, pages, health.

Knows HTTP and nothing of medicine. Who may come in is asked of the `Gate`
that `server.access` provides; what a viewer sees is asked of `Views`.
"""
