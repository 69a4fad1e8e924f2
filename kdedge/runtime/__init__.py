"""The only code that touches llama.cpp: loading, batched generation, sampling and raw timing."""
