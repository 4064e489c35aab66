"""Settings of the registry gateway."""

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings

NAME = "registry-gateway"


class GatewaySettings(ServiceSettings):
    """What the gateway needs beside the settings of every service."""

    applications_url: str = Field(description="Where the subject of a question is asked for")
    registers_url: str = Field(description="Where the state registers answer")
    registers_api_key: SecretStr = Field(description="The platform's key at the registers")
    lease_seconds: float = Field(15.0, gt=0, description="How long a question is one worker's before another asks it")
    first_pause_seconds: float = Field(1.0, gt=0, description="Pause after the first failure of a register")
    longest_pause_seconds: float = Field(60.0, gt=0, description="Longest pause between two tries")
    parallel_questions: int = Field(8, ge=1, le=100, description="Questions that one process asks at once")
