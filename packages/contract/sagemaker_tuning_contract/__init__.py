"""The contract: the tap's assumptions about AWS, and a command that checks them."""
