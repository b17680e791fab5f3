"""The forms of one word, by the language of the text it stands in.

::

    query word ──asked(word, family)──▶ keys ╮
                                              ├─ a common key: the text's word is a form of the query's
    text word  ──given(word, family)──▶ keys ╯            family_of(language of the text) ──▶ family

Keys are opaque strings. Both sides are worked out for the family of the *text*: a query does not say its language.
"""

from alerts.forms.keys import asked, family_of, given

__all__ = ["asked", "family_of", "given"]
