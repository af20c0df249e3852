"""Django's PostgreSQL backend, leaner where every request passes (``ENGINE`` of the settings)."""
