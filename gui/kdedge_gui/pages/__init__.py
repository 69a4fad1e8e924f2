"""One package a page; no page imports another."""
