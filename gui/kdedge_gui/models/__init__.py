"""Qt item models: pure data, every text made beforehand."""
