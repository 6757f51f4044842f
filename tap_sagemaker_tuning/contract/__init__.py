"""The contract: what the tap believes about AWS, and a command that checks it."""
