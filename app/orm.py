"""The database configuration that Tortoise's own command line is pointed to."""

from app.settings import read_settings
from models.database import tortoise_config

TORTOISE = tortoise_config(read_settings().database)
