# The part between "generated" and "end" is written by `make generated`.

variable "principals" {
  description = "ARNs of the roles or users that the tap runs as; only they can assume the role."
  type        = set(string)

  validation {
    condition     = length(var.principals) > 0
    error_message = "Name at least one principal."
  }

  validation {
    condition = alltrue([
      for arn in var.principals :
      can(regex("^arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:(user|role|assumed-role)/[A-Za-z0-9_+=.@/-]+$", arn))
    ])
    error_message = "Each must be an ARN such as arn:aws:iam::123456789012:role/warehouse-loader, without wildcards, and not a whole account."
  }
}

variable "external_id" {
  description = "The external_id of the tap's settings; empty if it has none."
  type        = string
  default     = ""

  validation {
    condition     = var.external_id == "" || (length(var.external_id) >= 2 && length(var.external_id) <= 1224)
    error_message = "It must have 2 to 1,224 characters."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@:/-]*$", var.external_id))
    error_message = "It may have letters, digits and _+=,.@:/- only."
  }
}

variable "role_name" {
  description = "The role's name, the same in all accounts."
  type        = string
  default     = "tuning-reader"

  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.role_name))
    error_message = "It must have 1 to 64 letters, digits and _+=,.@- only; its path is another variable."
  }
}

variable "path" {
  description = "The role's path; part of role_name in the tap's settings."
  type        = string
  default     = "/"

  validation {
    condition     = can(regex("^/([A-Za-z0-9_+=,.@-]+/)*$", var.path)) && length(var.path) <= 512
    error_message = "It must begin and end with a slash."
  }
}

variable "permissions_boundary" {
  description = "The ARN of a policy that limits the role; empty if there is none."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9_+=,.@/-]+$", var.permissions_boundary))
    error_message = "It must be the ARN of a policy."
  }
}

variable "tags" {
  description = "The role's tags."
  type        = map(string)
  default     = {}
}

# variable of streams: generated
variable "streams" {
  description = "The streams that the tap reads; the role allows what they call."
  type        = set(string)
  default     = ["tuning_jobs", "training_job_summaries", "scopes"]

  validation {
    condition = length(setsubtract(var.streams, [
      "tuning_jobs",
      "training_job_summaries",
      "tuning_job_details",
      "training_job_details",
      "training_job_metrics",
      "training_instance_prices",
      "scopes",
    ])) == 0
    error_message = "Each must be the name of a stream of the tap."
  }
}
# end

variable "list_regions" {
  description = "Whether the role can list the account's regions, for the setting regions [\"enabled\"]."
  type        = bool
  default     = true
}

variable "list_accounts" {
  description = "Whether the role can list the organization's accounts; it works only in the management account or a delegated administrator's account."
  type        = bool
  default     = false
}
