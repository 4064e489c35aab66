"""Settings of the catalog service."""

from shared.settings import ServiceSettings


class CatalogSettings(ServiceSettings):
    """Catalog needs nothing beside the settings of every service."""
