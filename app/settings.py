"""Settings, read from the environment. In production a missing or weak one refuses to start and says what to set."""

from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.transport.config import TransportConfig
from models.database import is_sqlite
from vault.errors import VaultError
from vault.keys import Keys, load_or_create


class Mode(StrEnum):
    """How careful the service is with its callers."""

    DEVELOPMENT = "development"
    AUDIT = "audit"
    PRODUCTION = "production"


class UnfitSettings(ValueError):
    """Settings with which the service does not start. The message says what to set."""


class Settings(BaseSettings):
    """Every setting is an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(env_prefix="", extra="ignore", frozen=True)

    mode: Mode = Mode.DEVELOPMENT
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    data_dir: Path = Path(".data")
    database_url: str = ""
    database_pool: int = Field(default=10, ge=1, le=200)
    redis_url: str = ""
    keys_file: Path | None = None
    keys: str = Field(default="", repr=False)
    allowed_origins: str = ""
    issuer: str = "resume-exchange"
    demo: bool = True
    worker: bool = True
    log_level: str = "INFO"

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url and urlsplit(url).scheme not in {"sqlite", "postgres", "postgresql"}:
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return url

    @model_validator(mode="after")
    def _fit_for_production(self) -> "Settings":
        if self.mode is Mode.PRODUCTION:
            missing = [sentence for wrong, sentence in self._production_rules() if wrong]
            if missing:
                raise ValueError(" ".join(missing))
        return self

    def _production_rules(self) -> list[tuple[bool, str]]:
        return [
            (not self.database_url, "Set DATABASE_URL, such as postgresql://user@host/name."),
            (
                not (self.keys or self.keys_file),
                "Set KEYS_FILE to a file made by `python -m app keys create`, or KEYS.",
            ),
            (not self.allowed_origins, "Set ALLOWED_ORIGINS to the web front ends, such as https://jobs.example."),
            ("*" in self.allowed_origins, "ALLOWED_ORIGINS must name origins, not *."),
            (bool(self.model_fields_set & {"demo"}) and self.demo, "DEMO has no place in production: leave it out."),
        ]

    @property
    def origins(self) -> tuple[str, ...]:
        """The front ends that browsers may call from."""
        named = tuple(origin.strip() for origin in self.allowed_origins.split(",") if origin.strip())
        return named or (f"http://{self.host}:{self.port}", f"http://localhost:{self.port}")

    @property
    def database(self) -> str:
        """The database URL; without one, a SQLite file in the data folder."""
        return self.database_url or f"sqlite://{(self.data_dir / 'exchange.db').absolute()}"

    @property
    def is_embedded(self) -> bool:
        """Whether the database is a file of this one service."""
        return is_sqlite(self.database)

    @property
    def has_demo(self) -> bool:
        """Whether demo data is wanted."""
        return self.demo and self.mode is not Mode.PRODUCTION

    def load_keys(self) -> Keys:
        """Return the keys: from the environment, or a file; in development a file is made on the first start."""
        try:
            if self.keys:
                return Keys.from_json(self.keys)
            file = self.keys_file or self.data_dir / "keys.json"
            if self.mode is Mode.PRODUCTION and not file.exists():
                raise UnfitSettings(
                    f"KEYS_FILE names {file}, which is not there: `python -m app keys create` makes it."
                )
            return load_or_create(file)
        except VaultError as wrong:
            raise UnfitSettings(f"The keys cannot be used: {wrong}") from wrong

    def transport(self) -> TransportConfig:
        """Return the limits and switches of the GraphQL transport."""
        open_to_tools = self.mode is not Mode.PRODUCTION
        return TransportConfig(
            introspection=open_to_tools,
            explorer=open_to_tools,
            allow_get=True,
            allowed_origins=self.origins,
        )


def read_settings() -> Settings:
    """Return the settings. Raises :class:`UnfitSettings` with one sentence for each thing to set."""
    try:
        return Settings()
    except ValidationError as wrong:
        sentences = [_sentence(error["loc"], error["msg"]) for error in wrong.errors()]
        raise UnfitSettings("\n".join(sentences)) from wrong


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"{str(location[0]).upper()}: {text}" if location else text
