"""How fast a model runs here and how much memory it takes, with a verdict on the noise."""
