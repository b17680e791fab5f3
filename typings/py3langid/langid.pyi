# The part of py3langid that news/languages.py uses; the package itself carries no types.

MODEL_FILE: str

class LanguageIdentifier:
    @classmethod
    def from_model_file(cls, filepath: str, /, *, norm_probs: bool = ...) -> LanguageIdentifier: ...
    @property
    def labels(self) -> list[str]: ...
    def rank(self, text: str | bytes) -> list[tuple[str, float]]: ...
