# The role that tap-sagemaker-tuning assumes in an account. It only reads.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = var.principals
    }

    dynamic "condition" {
      for_each = var.external_id == "" ? [] : [var.external_id]

      content {
        test     = "StringEquals"
        variable = "sts:ExternalId"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role" "reader" {
  name                 = var.role_name
  path                 = var.path
  description          = "Reads hyperparameter tuning jobs for tap-sagemaker-tuning"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary == "" ? null : var.permissions_boundary
  tags                 = var.tags
}

locals {
  allowed = concat(
    tolist(var.streams),
    var.list_regions ? ["list_regions"] : [],
    var.list_accounts ? ["list_accounts"] : [],
  )
}

resource "aws_iam_role_policy" "reader" {
  for_each = {
    for name, statements in local.statements :
    name => jsonencode({ Version = "2012-10-17", Statement = statements })
    if contains(local.allowed, name)
  }

  name   = each.key
  role   = aws_iam_role.reader.name
  policy = each.value
}
