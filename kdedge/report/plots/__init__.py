"""The pictures of a report as inline SVG; matplotlib is imported only to draw them."""
