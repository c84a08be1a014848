"""Large runs as small pieces: what a piece is, who does it, and where what came of it is kept."""
