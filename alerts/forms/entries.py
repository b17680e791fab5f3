"""How a dictionary's entries are made of a word: numbers of eight bytes, sorted.

::

    42 bits of the hash of the form │ it lost accents │ it is the lemma itself │ 20 bits: the number of the lemma
"""

from xxhash import xxh3_64_intdigest

#: low bits of an entry: the number of its lemma
_NUMBER_BITS = 20
LEMMA_BIT = 1 << _NUMBER_BITS
NUMBERS = LEMMA_BIT - 1
ACCENT_BIT = LEMMA_BIT << 1
HASHES = ~(ACCENT_BIT | LEMMA_BIT | NUMBERS) & 0xFFFF_FFFF_FFFF_FFFF


def hash_of(form: str) -> int:
    """A hash that is the same in every process."""
    return xxh3_64_intdigest(form.encode("utf-8", "surrogatepass"))
