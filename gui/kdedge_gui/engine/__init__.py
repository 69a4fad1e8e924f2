"""The loaded model: one worker process that speaks JSON lines."""
