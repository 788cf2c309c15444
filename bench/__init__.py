"""What it costs: the real server against plain baselines, interleaved in one run on the same rows."""
