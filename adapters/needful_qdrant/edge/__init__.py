"""A Qdrant server's REST interface over `qdrant_edge`, Qdrant's Rust engine, inside this process."""
