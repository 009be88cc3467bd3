"""Requests and answers as every store on the web needs them: wire, origin, deadline, caps, retries."""
