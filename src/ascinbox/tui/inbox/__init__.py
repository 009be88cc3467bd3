"""The Inbox: a screen made of parts, each of which contributes its actions."""
