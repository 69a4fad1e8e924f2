"""The finished things: tables, one HTML file, CSV, JSON and Markdown; runs compared in pairs."""
