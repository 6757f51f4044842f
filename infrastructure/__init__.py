"""The role that the tap assumes in each account: CloudFormation and Terraform."""
