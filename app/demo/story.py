async def play(url: str) -> int:
    return 0
