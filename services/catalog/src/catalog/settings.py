"""Settings of the catalog service."""

from shared.settings import ServiceSettings

NAME = "catalog"


class CatalogSettings(ServiceSettings):
    """Catalog needs nothing beside the settings of every service."""
