"""The outbox: the states of a reply, the steps between them, and the sentences about them."""
