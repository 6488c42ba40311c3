"""`librechat.yaml`: read, checked whole, every fault named with its path and line."""

from endpoints.config.load import Config, ConfigFaults, Fault, load_config

__all__ = ["Config", "ConfigFaults", "Fault", "load_config"]
