"""Recognizers for what Presidio has none for: numbers of customers, and identifiers of China, Taiwan and Hong Kong.

Every class is in `needful_presidio.catalogue` under its entity. `examples/*.yaml` have, for each entity,
texts in which it is found, with what is found, and texts in which it is not; a test reads them.

What check digits prove has a score of 0.9 or more, what a label announces 0.7 or more, what only has
the shape 0.4 or 0.5.
"""
