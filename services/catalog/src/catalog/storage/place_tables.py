"""Tables of places: territories, service centres with their dated exceptions and what they offer, access points."""

from sqlalchemy import Boolean, Column, Date, DateTime, Double, ForeignKey, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from catalog.storage.tables import metadata

territories = Table(
    "territories",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("parent", Text, ForeignKey("territories.slug"), index=True),
    Column("data", JSONB, nullable=False),
)

# `revision` counts the changes of a centre's exceptions: what officers change is guarded by it
service_centres = Table(
    "service_centres",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("territory", Text, ForeignKey("territories.slug"), nullable=False, index=True),
    Column("data", JSONB, nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),
)

centre_exceptions = Table(
    "service_centre_exceptions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("centre", Text, ForeignKey("service_centres.slug"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("from_on", Date, nullable=False),
    Column("to_on", Date, nullable=False),
    Column("hours", JSONB(none_as_null=True)),
    Column("closed", JSONB, nullable=False),
    Column("reason", JSONB, nullable=False),
    Column("written_by", Text, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    Index("service_centre_exceptions_days", "centre", "to_on", "from_on"),
)

# where a centre differs from the rule that it offers whatever can be applied for in service centres
centre_offers = Table(
    "service_centre_offers",
    metadata,
    Column("centre", Text, ForeignKey("service_centres.slug"), primary_key=True),
    Column("public_service", Text, primary_key=True),
    Column("is_offered", Boolean, nullable=False),
)

# a point that gives no coordinates stands where its territory does (`is_approximate`)
access_points = Table(
    "access_points",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("territory", Text, ForeignKey("territories.slug"), nullable=False, index=True),
    Column("centre", Text, ForeignKey("service_centres.slug")),
    Column("lat", Double),
    Column("lon", Double),
    Column("is_approximate", Boolean, nullable=False),
    Column("data", JSONB, nullable=False),
)
