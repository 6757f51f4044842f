# The part between "generated" and "end" is written by `make generated`.

variable "principals" {
  description = "ARNs of the roles or users that the tap runs as; they may assume the role."
  type        = set(string)

  validation {
    condition     = length(var.principals) > 0
    error_message = "Name at least one principal."
  }

  validation {
    condition = alltrue([
      for arn in var.principals :
      can(regex("^arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:(root|(user|role|assumed-role)/.+)$", arn))
    ])
    error_message = "Each must be an ARN such as arn:aws:iam::123456789012:role/warehouse-loader."
  }
}

variable "external_id" {
  description = "The external_id of the tap's settings; empty if it has none."
  type        = string
  default     = ""
}

variable "role_name" {
  description = "The role's name, the same in all accounts."
  type        = string
  default     = "tuning-reader"
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
  description = "Whether the role may list the account's regions, for the setting regions [\"enabled\"]."
  type        = bool
  default     = true
}

variable "list_accounts" {
  description = "Whether the role may list the organization's accounts; of use in the management account only, or a delegated administrator's."
  type        = bool
  default     = false
}
