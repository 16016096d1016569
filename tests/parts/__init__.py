"""The real parts that tests run against: PostgreSQL, Redis, coturn and an SMTP server.

Each part starts on a free port in a temporary folder of its own, can be stopped,
killed and started again, and leaves nothing behind. A missing program fails the
test with one sentence; nothing here is ever skipped or imitated.
"""
