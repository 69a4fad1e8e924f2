"""Pictures of every page, made without a screen from recorded real data."""
