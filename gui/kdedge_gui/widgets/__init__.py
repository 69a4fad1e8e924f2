"""Small widgets that every page uses; they hold no rules."""
