# The part of PyStemmer that alerts/forms uses; the package is compiled and carries no types.

class Stemmer:
    def __init__(self, algorithm: str, cache_size: int = ..., /) -> None: ...
    def stemWord(self, word: str, /) -> str: ...  # noqa: N802 - the library's name

def algorithms() -> list[str]: ...
